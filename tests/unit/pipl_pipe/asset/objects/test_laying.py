from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, List, Sequence

import pytest

from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import laying
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetMissing
from pipl_pipe.testing.asset_store import PRODUCT, content_of, make_folder, reference_to


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def textures(store: FolderStore, tmp_path: Path) -> Reference:
    stored = store.add(make_folder(tmp_path / "source"), product=PRODUCT)
    return reference_to(stored, "textures", "folder")


def laid(store: FolderStore, reference: Reference, aside: Path, ways: Sequence[str]) -> Path:
    laying.lay(store.objects, reference, aside, asset="textures", ways=ways)
    return aside


def own(store: FolderStore, reference: Reference, path: str) -> Path:
    """The object behind a file of the asset."""
    entries = store.objects.manifest(reference, asset="textures").entries
    return store.objects.path(next(one.digest for one in entries if one.path == path))


def test_each_way_shows_the_same(store: FolderStore, textures: Reference, tmp_path: Path) -> None:
    expected = content_of(tmp_path / "source")
    for way in laying.WAYS:
        folder = laid(store, textures, tmp_path / way, (way,))
        assert content_of(folder) == expected
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.*")}
        assert modes == {"readme.txt": 0o444}
        assert (folder / "bake").stat().st_mode & 0o777 == 0o555


def test_a_hardlink_is_the_object_and_a_symlink_names_it(
    store: FolderStore, textures: Reference, tmp_path: Path
) -> None:
    held = own(store, textures, "readme.txt")
    hard = laid(store, textures, tmp_path / "hard", (laying.HARDLINK,)) / "readme.txt"
    assert hard.samefile(held)
    assert not hard.is_symlink()
    soft = laid(store, textures, tmp_path / "soft", (laying.SYMLINK,)) / "readme.txt"
    assert soft.readlink() == held
    copy = laid(store, textures, tmp_path / "copy", (laying.COPY,)) / "readme.txt"
    assert not copy.samefile(held)


def test_a_program_never_is_the_stores_own_file(
    store: FolderStore, textures: Reference, tmp_path: Path
) -> None:
    held = own(store, textures, "bake")
    for way in (laying.HARDLINK, laying.SYMLINK):
        program = laid(store, textures, tmp_path / way, (way,)) / "bake"
        assert not program.samefile(held)
    assert held.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP])
def test_where_linking_is_refused_files_are_copied(
    store: FolderStore,
    textures: Reference,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    tried: List[str] = []

    def refuse(source: Any, destination: Any) -> None:
        tried.append(str(destination))
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    folder = laid(store, textures, tmp_path / "view", laying.DEFAULT_WAYS)
    assert content_of(folder) == content_of(tmp_path / "source")
    assert len(tried) == 1, "what failed once is not tried for every file"


def test_a_file_with_too_many_names_is_copied_and_the_others_linked(
    store: FolderStore, textures: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def refuse(source: Any, destination: Any) -> None:
        if str(destination).endswith("1001.exr"):
            raise OSError(errno.EMLINK, "Too many links")
        link(source, destination)

    monkeypatch.setattr(os, "link", refuse)
    folder = laid(store, textures, tmp_path / "view", laying.DEFAULT_WAYS)
    assert content_of(folder) == content_of(tmp_path / "source")
    linked = sorted(path.name for path in folder.rglob("*.*") if path.stat().st_nlink > 1)
    assert linked == ["diffuse.1002.exr", "readme.txt"]


def test_where_the_kernel_cannot_copy_files_are_read_and_written(
    store: FolderStore, textures: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    folder = laid(store, textures, tmp_path / "view", (laying.COPY,))
    assert content_of(folder) == content_of(tmp_path / "source")


def test_what_is_missing_is_named_with_its_path(
    store: FolderStore, textures: Reference, tmp_path: Path
) -> None:
    held = own(store, textures, "maps/diffuse.1001.exr")
    files.remove(held)
    with pytest.raises(AssetMissing, match=r"hero_geo/textures/maps/diffuse\.1001\.exr"):
        store.view(PRODUCT, textures, tmp_path / "view" / "textures")
    assert list((tmp_path / "view").iterdir()) == []
