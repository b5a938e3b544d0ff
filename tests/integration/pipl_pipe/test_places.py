"""Assets as a machine sees them that has only the URL of the project's server."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.index.login import LoginStore
from pipl.testing.servers import RunningServer
from pipl_pipe.asset.places import Places, opened
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetMissing, StoreForbidden, StoreReadOnly, StoreUnreachable
from pipl_pipe.testing.asset_store import MISSING, PRODUCT, Stored, make_folder, reference_to


def places_at(url: str, tmp_path: Path) -> Places:
    return Places("Show", tmp_path, None, tmp_path / "cache" / "assets", server=url)


def test_from_the_projects_store_to_a_view(devpi_server: RunningServer, tmp_path: Path) -> None:
    devpi_server.project_index()
    project = FolderStore(devpi_server.folder / "system" / "assets", parents=True)
    stored = project.add(make_folder(tmp_path / "source"), product=PRODUCT)
    reference = reference_to(stored, "textures", "folder")
    with opened(places_at(devpi_server.url, tmp_path)) as store:
        assert store.has(stored.revision)
        assert not store.has(MISSING)
        store.view(PRODUCT, reference, tmp_path / "view" / "textures")
        assert (tmp_path / "view" / "textures" / "readme.txt").read_text("utf-8") == "größe"
        store.verify(reference)
        with pytest.raises(AssetMissing, match="hero_geo/model") as caught:
            store.path(PRODUCT, reference_to(Stored(MISSING, 3), "model"))
        assert devpi_server.url in caught.value.where


def test_what_was_fetched_is_there_without_the_server(
    devpi_server: RunningServer, tmp_path: Path
) -> None:
    devpi_server.project_index()
    project = FolderStore(devpi_server.folder / "system" / "assets", parents=True)
    stored = project.add(make_folder(tmp_path / "source"), product=PRODUCT)
    reference = reference_to(stored, "textures", "folder")
    with opened(places_at(devpi_server.url, tmp_path)) as store:
        store.path(PRODUCT, reference)
    with opened(places_at("http://127.0.0.1:9", tmp_path)) as away:
        assert (away.path(PRODUCT, reference) / "bake").is_file()
        away.verify(reference)


def test_nobody_in_particular_may_not_add(
    devpi_server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devpi_server.project_index()
    monkeypatch.setenv("PIPL_CONFIG_DIR", str(tmp_path / "no-logins"))
    (tmp_path / "new").write_bytes(b"something new")
    refused = pytest.raises((StoreForbidden, StoreReadOnly), match=devpi_server.url)
    with opened(places_at(devpi_server.url, tmp_path)) as store, refused as caught:
        store.add(tmp_path / "new", product=PRODUCT)
    assert "pipl login" in caught.value.advice


def test_with_a_login_what_is_added_at_home_reaches_the_project(
    devpi_server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devpi_server.project_index()
    monkeypatch.setenv("PIPL_CONFIG_DIR", str(tmp_path / "config"))
    LoginStore(tmp_path / "config").put(devpi_server.log_in("root", devpi_server.root_password))
    with opened(places_at(devpi_server.url, tmp_path)) as store:
        stored = store.add(make_folder(tmp_path / "home"), product=PRODUCT)
        assert store.add(tmp_path / "home", product=PRODUCT) == stored
    project = FolderStore(devpi_server.folder / "system" / "assets")
    project.verify(reference_to(stored, "textures", "folder"))


def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    named = pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:9")
    with opened(places_at("http://127.0.0.1:9", tmp_path)) as store, named:
        store.path(PRODUCT, reference_to(Stored(MISSING, 3), "model"))
