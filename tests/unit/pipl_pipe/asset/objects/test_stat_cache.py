"""Storing again what has not changed: what may be believed of a stat, and what may not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import List

import pytest

from pipl_pipe.asset import digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.testing.asset_store import PRODUCT, make_folder, reference_to

LONG_AGO_S = 1_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store", stat_cache=tmp_path / "cache" / "stat.sqlite")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = make_folder(tmp_path / "source")
    age(folder)
    return folder


def age(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """The files that are read."""
    opened: List[str] = []
    original = files.open_regular

    def noting(path: str) -> object:
        opened.append(Path(path).name)
        return original(path)

    monkeypatch.setattr(files, "open_regular", noting)
    return opened


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read long after they were written, and their ctime is what it is."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 10**10)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("link", [False, True])
def test_an_unchanged_tree_is_not_read_again(
    store: FolderStore, source: Path, read: List[str], link: bool
) -> None:
    first = store.add(source, product=PRODUCT, link=link)
    del read[:]
    assert store.add(source, product=PRODUCT, link=link) == first
    assert read == []
    store.verify(reference_to(first, "textures", "folder"))


@pytest.mark.usefixtures("later")
def test_only_what_changed_is_read(store: FolderStore, source: Path, read: List[str]) -> None:
    first = store.add(source, product=PRODUCT)
    (source / "readme.txt").write_bytes(b"other")
    (source / "new").write_bytes(b"new")
    (source / "bake").unlink()
    del read[:]
    second = store.add(source, product=PRODUCT)
    assert sorted(read) == ["new", "readme.txt"]
    assert second.revision != first.revision
    store.verify(reference_to(second, "textures", "folder"))


def test_an_edit_of_the_same_size_in_the_same_tick_is_found(
    store: FolderStore, source: Path
) -> None:
    text = source / "readme.txt"
    text.write_bytes(b"before")
    status = text.stat()
    first = store.add(source, product=PRODUCT)
    text.write_bytes(b"edited")
    os.utime(text, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.add(source, product=PRODUCT).revision != first.revision


def test_an_edit_within_the_tick_of_a_coarse_clock_is_found(
    store: FolderStore, source: Path
) -> None:
    text, whole_second = source / "readme.txt", int(time.time()) - 1
    for content in (b"before", b"edited"):
        text.write_bytes(content)
        os.utime(text, (whole_second, whole_second))
        revision = store.add(source, product=PRODUCT, link=True).revision
        text.unlink()
        assert store.add(source, product=PRODUCT).revision != revision
        if content == b"before":
            first = revision
    assert revision != first


@pytest.mark.usefixtures("later")
def test_an_edit_that_sets_the_old_time_again_is_found(store: FolderStore, source: Path) -> None:
    first = store.add(source, product=PRODUCT)
    (source / "readme.txt").write_bytes("grüße".encode())
    age(source)
    assert store.add(source, product=PRODUCT).revision != first.revision


@pytest.mark.usefixtures("later")
def test_what_was_swept_is_stored_again(store: FolderStore, source: Path) -> None:
    first = store.add(source, product=PRODUCT)
    reference = reference_to(first, "textures", "folder")
    for entry in store.objects.manifest(reference, asset="textures").entries:
        store.objects.path(entry.digest).unlink(missing_ok=True)
    store.objects.path(reference.digest).unlink()
    assert store.add(source, product=PRODUCT) == first
    store.verify(reference)


@pytest.mark.usefixtures("later")
def test_each_store_and_algorithm_is_remembered_apart(
    store: FolderStore, source: Path, tmp_path: Path
) -> None:
    store.add(source, product=PRODUCT)
    cache = tmp_path / "cache" / "stat.sqlite"
    other = FolderStore(tmp_path / "other", stat_cache=cache)
    other.verify(reference_to(other.add(source, product=PRODUCT), "textures", "folder"))
    sha = FolderStore(store.root, stat_cache=cache, algorithm=digest.SHA256)
    assert sha.add(source, product=PRODUCT).revision.startswith("sha256:")


@pytest.mark.parametrize("content", [b"", b"this is no database" * 1000])
def test_a_damaged_cache_costs_time_only(
    store: FolderStore, source: Path, tmp_path: Path, content: bytes
) -> None:
    first = store.add(source, product=PRODUCT)
    (tmp_path / "cache" / "stat.sqlite").write_bytes(content)
    assert store.add(source, product=PRODUCT) == first
    assert store.add(source, product=PRODUCT) == first


def test_a_cache_that_cannot_be_made_costs_time_only(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "store", stat_cache=tmp_path / "file" / "stat.sqlite")
    assert store.add(source, product=PRODUCT) == store.add(source, product=PRODUCT)
