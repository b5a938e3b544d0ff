"""What every asset store must do. Subclass the suite in a test module of your own:

    class TestMyStore(AssetStoreSuite):
        @pytest.fixture
        def store(self, tmp_path):
            return MyStore(...)

It needs pytest's `tmp_path` only. A store that can be read but not written overrides the
fixture `writer` by a store that fills it.
"""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, Type

from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import AssetStore, Stored
from pipl_pipe.errors import AssetDamaged, AssetMissing, AssetRefused, PipeError

PRODUCT = "hero_geo"
MISSING = "blake3:" + "0" * 64


def reference_to(stored: Stored, basename: str, shape: str = "file") -> Reference:
    """How a product would refer to what was stored."""
    name = basename.partition(".")[0]
    return Reference(name, "File", basename, shape, stored.revision, stored.size)


def raised_by(kind: Type[PipeError], call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The message of the error that the call must raise."""
    try:
        call(*args, **kwargs)
    except kind as fault:
        return str(fault)
    raise AssertionError(f"no {kind.__name__} was raised")


def make_folder(folder: Path) -> Path:
    """A folder asset with a subfolder, a program, and the same content twice."""
    (folder / "maps").mkdir(parents=True)
    (folder / "maps" / "diffuse.1001.exr").write_bytes(b"red" * 1000)
    (folder / "maps" / "diffuse.1002.exr").write_bytes(b"red" * 1000)
    (folder / "readme.txt").write_bytes("größe".encode())
    (folder / "bake").write_bytes(b"#!/bin/sh\n")
    (folder / "bake").chmod(0o755)
    return folder


def content_of(folder: Path) -> Dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class AssetStoreSuite:
    """Give a fixture `store`; a fixture `writer` where that one cannot be written."""

    def add_file(self, writer: AssetStore, tmp_path: Path, content: bytes = b"points") -> Stored:
        source = tmp_path / "model.usdc"
        source.write_bytes(content)
        return writer.add(source, product=PRODUCT, asset="model")

    def add_folder(self, writer: AssetStore, tmp_path: Path) -> Stored:
        return writer.add(make_folder(tmp_path / "source"), product=PRODUCT, asset="textures")

    def test_what_is_stored_is_there(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_file(writer, tmp_path)
        assert stored.revision.partition(":")[0] in ("blake3", "sha256")
        assert stored.size == 6
        assert store.has(stored.revision)
        assert stored.revision in set(writer.revisions())

    def test_the_same_content_has_the_same_revision(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        assert self.add_file(writer, tmp_path) == self.add_file(writer, tmp_path)
        assert self.add_file(writer, tmp_path, b"others") != self.add_file(writer, tmp_path)

    def test_an_empty_file_is_an_asset(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_file(writer, tmp_path, b"")
        assert store.path(PRODUCT, reference_to(stored, "empty.txt")).read_bytes() == b""

    def test_a_path_shows_product_version_and_basename(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_file(writer, tmp_path)
        path = store.path(PRODUCT, reference_to(stored, "model.usdc"))
        assert path.read_bytes() == b"points"
        assert path.name == "model.usdc"
        assert path.parent.parent.name == PRODUCT
        assert stored.revision.partition(":")[2] in path.parent.name
        assert store.path(PRODUCT, reference_to(stored, "model.usdc")) == path

    def test_a_folder_comes_back_as_it_was(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_folder(writer, tmp_path)
        given = content_of(tmp_path / "source")
        assert stored.size == sum(map(len, given.values()))
        path = store.path(PRODUCT, reference_to(stored, "textures", "folder"))
        assert content_of(path) == given

    def test_a_folders_revision_depends_on_names_and_content_only(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_folder(writer, tmp_path)
        again = make_folder(tmp_path / "again")
        os.utime(again / "readme.txt", (0, 0))
        assert writer.add(again, product=PRODUCT) == stored
        (again / "readme.txt").rename(again / "README.txt")
        assert writer.add(again, product=PRODUCT).revision != stored.revision

    def test_a_view_is_read_only_and_replaces_an_older_one(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        view = tmp_path / "view" / PRODUCT / "model.usdc"
        first = self.add_file(writer, tmp_path)
        store.view(PRODUCT, reference_to(first, "model.usdc"), view)
        second = self.add_file(writer, tmp_path, b"more points")
        store.view(PRODUCT, reference_to(second, "model.usdc"), view)
        assert view.read_bytes() == b"more points"
        assert not view.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
        assert [path.name for path in view.parent.iterdir()] == ["model.usdc"]

    def test_a_view_of_a_folder_replaces_an_older_one(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        view = tmp_path / "view" / "textures"
        first = self.add_folder(writer, tmp_path)
        store.view(PRODUCT, reference_to(first, "textures", "folder"), view)
        (tmp_path / "source" / "bake").unlink()
        second = writer.add(tmp_path / "source", product=PRODUCT)
        store.view(PRODUCT, reference_to(second, "textures", "folder"), view)
        assert content_of(view) == content_of(tmp_path / "source")

    def test_a_private_view_is_not_the_stores_own_file(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        reference = reference_to(self.add_file(writer, tmp_path), "model.usdc")
        view = tmp_path / "mine.usdc"
        store.view(PRODUCT, reference, view, link=False)
        view.chmod(0o644)
        view.write_bytes(b"edited")
        assert store.path(PRODUCT, reference).read_bytes() == b"points"
        store.verify(reference)

    def test_a_source_that_is_linked_in_is_stored_like_any(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_file(writer, tmp_path)
        (tmp_path / "scratch").mkdir()
        given = tmp_path / "scratch" / "model.usdc"
        given.write_bytes(b"points")
        assert writer.add(given, product=PRODUCT, link=True) == stored
        given.unlink()
        store.verify(reference_to(stored, "model.usdc"))

    def test_verifying_reads_files_and_folders(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        store.verify(reference_to(self.add_file(writer, tmp_path), "model.usdc"))
        store.verify(reference_to(self.add_folder(writer, tmp_path), "textures", "folder"))

    def test_what_is_missing_is_named(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        reference = reference_to(Stored(MISSING, 6), "model.usdc")
        assert not store.has(MISSING)
        assert "hero_geo/model" in raised_by(AssetMissing, store.path, PRODUCT, reference)
        view = tmp_path / "view" / "model.usdc"
        view.parent.mkdir()
        view.write_bytes(b"old")
        assert "hero_geo/model" in raised_by(AssetMissing, store.view, PRODUCT, reference, view)
        assert view.read_bytes() == b"old"
        raised_by(AssetMissing, store.verify, reference)

    def test_several_may_store_the_same_at_once(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        sources = [make_folder(tmp_path / str(number)) for number in range(4)]
        with ThreadPoolExecutor(4) as pool:
            stored = set(pool.map(lambda one: writer.add(one, product=PRODUCT), sources))
        assert len(stored) == 1
        reference = reference_to(stored.pop(), "textures", "folder")
        with ThreadPoolExecutor(4) as pool:
            paths = set(pool.map(lambda _: store.path(PRODUCT, reference), range(4)))
        assert len(paths) == 1
        store.verify(reference)

    def test_links_are_refused(self, store: AssetStore, writer: AssetStore, tmp_path: Path) -> None:
        (tmp_path / "real").write_bytes(b"x")
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "real")
        raised_by(AssetRefused, writer.add, link, product=PRODUCT)
        folder = make_folder(tmp_path / "source")
        (folder / "link").symlink_to(tmp_path / "real")
        raised_by(AssetRefused, writer.add, folder, product=PRODUCT)
        assert list(writer.revisions()) == []

    def test_named_pipes_are_refused(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        os.mkfifo(tmp_path / "pipe")
        raised_by(AssetRefused, writer.add, tmp_path / "pipe", product=PRODUCT)
        raised_by(AssetRefused, writer.add, tmp_path / "nothing", product=PRODUCT)
        assert list(writer.revisions()) == []

    def test_names_that_differ_in_case_only_are_refused(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        folder = make_folder(tmp_path / "source")
        (folder / "README.txt").write_bytes(b"x")
        if len(list(folder.glob("*.txt"))) == 2:  # the file system tells them apart
            raised_by(AssetRefused, writer.add, folder, product=PRODUCT)

    def test_a_reference_that_is_no_manifest_is_damaged(
        self, store: AssetStore, writer: AssetStore, tmp_path: Path
    ) -> None:
        stored = self.add_file(writer, tmp_path)
        reference = reference_to(stored, "model", "folder")
        raised_by(AssetDamaged, store.verify, reference)
        raised_by(AssetDamaged, store.view, PRODUCT, reference, tmp_path / "view")
        assert not (tmp_path / "view").exists()
