from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import List

import pytest

from pipl_pipe.asset import view
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.asset.view import Placed
from pipl_pipe.errors import AssetError, AssetMissing

from ..conftest import stored


def shown(folder: Path) -> List[str]:
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in paths if not path.startswith("."))


@pytest.fixture
def placed(store: MemoryStore, tmp_path: Path) -> List[Placed]:
    one = stored(store, tmp_path / "in", "model.usdc", b"points")
    two = stored(store, tmp_path / "in", "rig.usdc", b"bones")
    return [Placed("hero_geo", one), Placed("hero_rig", two)]


def test_assets_lie_under_product_and_basename(
    store: MemoryStore, placed: List[Placed], tmp_path: Path
) -> None:
    laid = view.lay(tmp_path / "view", placed, store)
    assert shown(tmp_path / "view") == ["hero_geo/model.usdc", "hero_rig/rig.usdc"]
    assert laid.laid == ("hero_geo/model.usdc", "hero_rig/rig.usdc")


def test_laying_again_keeps_what_is_right(
    store: MemoryStore, placed: List[Placed], tmp_path: Path
) -> None:
    view.lay(tmp_path / "view", placed, store)
    again = view.lay(tmp_path / "view", placed, store)
    assert (again.laid, len(again.kept)) == ((), 2)


def test_what_somebody_changed_or_removed_is_laid_again(
    store: MemoryStore, placed: List[Placed], tmp_path: Path
) -> None:
    view.lay(tmp_path / "view", placed, store)
    model, rig = (tmp_path / "view" / one.path for one in placed)
    model.chmod(0o644)
    model.write_bytes(b"edited in place")
    rig.unlink()
    assert len(view.lay(tmp_path / "view", placed, store).laid) == 2
    assert model.read_bytes() == b"points"


def test_a_file_that_is_replaced_deep_in_a_folder_is_laid_again(
    store: MemoryStore, tmp_path: Path
) -> None:
    maps = tmp_path / "maps"
    (maps / "body" / "4k").mkdir(parents=True)
    (maps / "body" / "4k" / "skin.png").write_bytes(b"skin")
    added = store.add(maps, product="p")
    reference = Reference("maps", "Textures", "maps", "folder", added.revision, added.size)
    placed = [Placed("hero_geo", reference)]
    view.lay(tmp_path / "view", placed, store)
    assert view.lay(tmp_path / "view", placed, store).laid == ()
    skin = tmp_path / "view" / "hero_geo" / "maps" / "body" / "4k" / "skin.png"
    (skin.parent / "saved").write_bytes(b"painted over")
    (skin.parent / "saved").replace(skin)  # as programs save
    assert view.lay(tmp_path / "view", placed, store).laid == ("hero_geo/maps",)
    assert skin.read_bytes() == b"skin"


def test_a_new_version_replaces_and_a_gone_product_goes(
    store: MemoryStore, placed: List[Placed], tmp_path: Path
) -> None:
    folder = tmp_path / "view"
    view.lay(folder, placed, store)
    newer = stored(store, tmp_path / "in", "model.usdc", b"more points")
    laid = view.lay(folder, [Placed("hero_geo", newer)], store)
    assert (folder / "hero_geo" / "model.usdc").read_bytes() == b"more points"
    assert laid.removed == ("hero_rig/rig.usdc",)
    assert not (folder / "hero_rig").exists()


def test_what_people_put_there_stays(
    store: MemoryStore, placed: List[Placed], tmp_path: Path
) -> None:
    folder = tmp_path / "view"
    view.lay(folder, placed, store)
    (folder / "hero_rig" / "notes.txt").write_text("mine")
    view.lay(folder, [], store)
    assert shown(folder) == ["hero_rig/notes.txt"]


def test_one_that_is_missing_does_not_keep_the_others(
    store: MemoryStore, placed: List[Placed], tmp_path: Path
) -> None:
    folder = tmp_path / "view"
    view.lay(folder, placed, store)
    gone = replace(placed[0].reference, revision="sha256:" + "0" * 64)
    newer = stored(store, tmp_path / "in", "rig.usdc", b"more bones")
    with pytest.raises(AssetMissing, match="hero_geo/model"):
        view.lay(folder, [Placed("hero_geo", gone), Placed("hero_rig", newer)], store)
    assert (folder / "hero_rig" / "rig.usdc").read_bytes() == b"more bones"
    assert (folder / "hero_geo" / "model.usdc").read_bytes() == b"points", "the old one stays"


@pytest.mark.parametrize("product", ["..", "a/b", "/etc"])
def test_nothing_is_laid_outside(
    store: MemoryStore, placed: List[Placed], tmp_path: Path, product: str
) -> None:
    with pytest.raises(AssetError):
        view.lay(tmp_path / "view", [Placed(product, placed[0].reference)], store)
    assert shown(tmp_path / "view") == []


@pytest.mark.parametrize(
    "record",
    ["", "[]", '{"format": "pipl-view/1", "laid": {"../../victim": {}, "a/../b": {}, "/x/y": 1}}'],
)
def test_a_record_that_somebody_wrote_removes_nothing_else(
    store: MemoryStore, tmp_path: Path, record: str
) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "deep" / "view").mkdir(parents=True)
    (tmp_path / "deep" / "view" / view.RECORD).write_text(record)
    view.lay(tmp_path / "deep" / "view", [], store)
    assert (tmp_path / "victim").exists()
