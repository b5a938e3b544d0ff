"""What a folder store does beyond the conformance suite: faults of the file system."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, List

import pytest

from pipl_pipe.asset.disk import files
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetDamaged, AssetRefused, StoreFull, StoreUnreachable
from pipl_pipe.testing.asset_store import PRODUCT, make_folder, reference_to


def left(root: Path) -> List[str]:
    """The files in a folder; of a store, objects and what is half-made."""
    own = ("lock",)
    files = [path for path in root.rglob("*") if path.is_file() and path.parent.name != "recent"]
    return sorted(path.name for path in files if path.name not in own)


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


class FullDisk:
    """A disk with room for so many bytes, at the file door."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, file: BinaryIO, content: bytes) -> None:
        self.room -= len(content)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        file.write(content)


class TestFullDisk:
    @pytest.mark.parametrize("room", [0, 2500, 4000, 6100, 6400])
    def test_nothing_is_left_of_a_folder(
        self, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
    ) -> None:
        source = make_folder(tmp_path / "source")
        monkeypatch.setattr(files, "write", FullDisk(room).write)
        with pytest.raises(StoreFull, match="no space left"):
            folder_store.add(source, product=PRODUCT)
        assert left(folder_store.root) == []

    def test_nothing_is_left_of_a_file_and_what_was_there_stays(
        self, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "one").write_bytes(b"1" * 100)
        (tmp_path / "two").write_bytes(b"2" * 100)
        stored = folder_store.add(tmp_path / "one", product=PRODUCT)
        before = left(folder_store.root)
        monkeypatch.setattr(files, "write", FullDisk(50).write)
        with pytest.raises(StoreFull):
            folder_store.add(tmp_path / "two", product=PRODUCT)
        assert left(folder_store.root) == before
        folder_store.verify(reference_to(stored, "one"))

    def test_a_full_view_keeps_the_old_one(
        self, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored = folder_store.add(make_folder(tmp_path / "source"), product=PRODUCT)
        view = tmp_path / "view" / "textures"
        view.mkdir(parents=True)
        (view / "old").write_bytes(b"old")
        monkeypatch.setattr(files, "write", FullDisk(10).write)
        monkeypatch.delattr(os, "copy_file_range", raising=False)
        with pytest.raises(StoreFull):
            reference = reference_to(stored, "textures", "folder")
            folder_store.view(PRODUCT, reference, view, link=False)
        assert [path.name for path in view.parent.iterdir()] == ["textures"]
        assert left(view) == ["old"]


class TestDamage:
    def test_a_truncated_object_is_found_when_it_is_given_out(
        self, folder_store: FolderStore, tmp_path: Path
    ) -> None:
        (tmp_path / "model").write_bytes(b"points")
        reference = reference_to(folder_store.add(tmp_path / "model", product=PRODUCT), "model")
        held = folder_store.objects.path(reference.digest)
        held.chmod(0o644)
        os.truncate(held, 3)
        with pytest.raises(AssetDamaged, match="3 bytes instead of 6"):
            folder_store.path(PRODUCT, reference)
        with pytest.raises(AssetDamaged):
            folder_store.view(PRODUCT, reference, tmp_path / "view")
        assert not (tmp_path / "view").exists()

    def test_storing_again_heals_a_truncated_object(
        self, folder_store: FolderStore, tmp_path: Path
    ) -> None:
        (tmp_path / "model").write_bytes(b"points")
        reference = reference_to(folder_store.add(tmp_path / "model", product=PRODUCT), "model")
        folder_store.path(PRODUCT, reference)
        held = folder_store.objects.path(reference.digest)
        held.chmod(0o644)
        os.truncate(held, 3)
        folder_store.add(tmp_path / "model", product=PRODUCT)
        folder_store.verify(reference)
        assert folder_store.path(PRODUCT, reference).read_bytes() == b"points"

    def test_a_flipped_bit_is_found_by_verifying(
        self, folder_store: FolderStore, tmp_path: Path
    ) -> None:
        stored = folder_store.add(make_folder(tmp_path / "source"), product=PRODUCT)
        reference = reference_to(stored, "textures", "folder")
        entry = folder_store.objects.manifest(reference, asset="textures").entries[0]
        held = folder_store.objects.path(entry.digest)
        held.chmod(0o644)
        held.write_bytes(b"!" + held.read_bytes()[1:])
        with pytest.raises(AssetDamaged, match="its content has digest"):
            folder_store.verify(reference)

    def test_a_product_that_lies_about_a_folders_size_is_refused(
        self, folder_store: FolderStore, tmp_path: Path
    ) -> None:
        stored = folder_store.add(make_folder(tmp_path / "source"), product=PRODUCT)
        with pytest.raises(AssetDamaged, match="the product 1"):
            folder_store.verify(replace(reference_to(stored, "textures", "folder"), size=1))


class TestTakingIn:
    def test_objects_are_read_only(self, folder_store: FolderStore, tmp_path: Path) -> None:
        (tmp_path / "model").write_bytes(b"points")
        stored = folder_store.add(tmp_path / "model", product=PRODUCT)
        held = folder_store.objects.path(reference_to(stored, "model").digest)
        assert held.stat().st_mode & 0o777 == 0o444

    def test_a_link_shares_the_bytes_but_not_with_a_third(
        self, folder_store: FolderStore, tmp_path: Path
    ) -> None:
        alone, shared = tmp_path / "alone", tmp_path / "shared"
        alone.write_bytes(b"alone")
        shared.write_bytes(b"shared")
        os.link(shared, tmp_path / "elsewhere")
        stored = [folder_store.add(one, product=PRODUCT, link=True) for one in (alone, shared)]
        held = [folder_store.objects.path(reference_to(one, "x").digest) for one in stored]
        assert held[0].samefile(alone)
        assert not held[1].samefile(shared)

    def test_a_file_that_changes_meanwhile_is_refused(
        self, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = tmp_path / "model"
        source.write_bytes(b"points")

        def write(file: BinaryIO, content: bytes) -> None:
            file.write(content)
            source.write_bytes(b"edited while it is read")

        monkeypatch.setattr(files, "write", write)
        with pytest.raises(AssetRefused, match="changed while it was stored"):
            folder_store.add(source, product=PRODUCT)
        assert left(folder_store.root) == []

    def test_a_folder_that_grows_meanwhile_is_refused(
        self, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = make_folder(tmp_path / "source")

        def write(file: BinaryIO, content: bytes) -> None:
            file.write(content)
            (source / "late").write_bytes(b"x")

        monkeypatch.setattr(files, "write", write)
        with pytest.raises(AssetRefused, match="changed while it was stored"):
            folder_store.add(source, product=PRODUCT)
        assert left(folder_store.root) == []

    @pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="this system has no holes")
    def test_holes_stay_holes(self, folder_store: FolderStore, tmp_path: Path) -> None:
        source = tmp_path / "volume.vdb"
        with source.open("wb") as file:
            file.write(b"head")
            file.seek(50_000_000)
            file.write(b"middle")
            file.truncate(100_000_000)
        stored = folder_store.add(source, product=PRODUCT)
        held = folder_store.objects.path(reference_to(stored, "volume.vdb").digest)
        assert held.stat().st_size == 100_000_000
        assert held.stat().st_blocks * 512 < 1_000_000
        folder_store.verify(reference_to(stored, "volume.vdb"))

    def test_a_stray_file_is_no_object(self, folder_store: FolderStore, tmp_path: Path) -> None:
        (folder_store.root / "objects" / "sha256" / "ab").mkdir(parents=True)
        (folder_store.root / "objects" / "sha256" / "ab" / "notes.txt").write_bytes(b"x")
        assert list(folder_store.revisions()) == []

    @pytest.mark.parametrize("product", ["..", "a/b", ""])
    def test_a_path_never_leaves_the_store(
        self, folder_store: FolderStore, tmp_path: Path, product: str
    ) -> None:
        (tmp_path / "model").write_bytes(b"points")
        reference = reference_to(folder_store.add(tmp_path / "model", product=PRODUCT), "model")
        with pytest.raises(AssetRefused):
            folder_store.path(product, reference)


def test_a_share_that_is_not_mounted_is_no_empty_store(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"points")
    away = FolderStore(tmp_path / "mnt" / "assets")
    with pytest.raises(StoreUnreachable, match="No such file"):
        away.add(tmp_path / "model", product=PRODUCT)
    assert not (tmp_path / "mnt").exists()


def test_content_is_stored_once(folder_store: FolderStore, tmp_path: Path) -> None:
    folder_store.add(make_folder(tmp_path / "source"), product=PRODUCT)
    # red twice, the text, the program, and the manifest
    assert len(left(folder_store.root)) == 4
