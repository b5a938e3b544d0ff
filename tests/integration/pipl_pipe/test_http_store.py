"""Assets through the project's real server, as a machine sees them that has only its URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.testing.servers import RunningServer
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.http import HttpStore
from pipl_pipe.errors import AssetMissing
from pipl_pipe.testing.asset_store import MISSING, PRODUCT, Stored, make_folder, reference_to


def test_from_the_projects_store_to_a_view(devpi_server: RunningServer, tmp_path: Path) -> None:
    project = FolderStore(devpi_server.folder / "system" / "assets")
    stored = project.add(make_folder(tmp_path / "source"), product=PRODUCT)
    reference = reference_to(stored, "textures", "folder")
    store = HttpStore(devpi_server.url, tmp_path / "cache" / "assets")
    assert store.has(stored.revision)
    assert not store.has(MISSING)
    store.view(PRODUCT, reference, tmp_path / "view" / "textures")
    assert (tmp_path / "view" / "textures" / "readme.txt").read_text("utf-8") == "größe"
    store.verify(reference)
    with pytest.raises(AssetMissing, match="hero_geo/model"):
        store.path(PRODUCT, reference_to(Stored(MISSING, 3), "model"))
