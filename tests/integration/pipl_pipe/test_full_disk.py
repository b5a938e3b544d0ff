"""A store on a disk that is really full."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import StoreFull, StoreReadOnly
from pipl_pipe.testing.asset_store import PRODUCT, make_folder, reference_to


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root on Linux")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_nothing_is_left_and_what_was_stored_stays(small_disk: Path, tmp_path: Path) -> None:
    store = FolderStore(small_disk / "store")
    stored = store.add(make_folder(tmp_path / "fits"), product=PRODUCT)
    before = sorted(store.revisions())
    for name in ("big", "big_folder/a", "big_folder/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(os.urandom(200_000))
    for source in (tmp_path / "big_folder", tmp_path / "big"):
        if source.name == "big":
            (small_disk / "ballast").write_bytes(b"x" * 100_000)
        with pytest.raises(StoreFull, match="no space left"):
            store.add(source, product=PRODUCT)
    assert sorted(store.revisions()) == before
    assert list((small_disk / "store" / "tmp").rglob("*")) == []
    store.verify(reference_to(stored, "textures", "folder"))


def test_a_store_that_may_only_be_read_says_so(small_disk: Path, tmp_path: Path) -> None:
    store = FolderStore(small_disk / "store")
    (tmp_path / "model").write_bytes(b"points")
    reference = reference_to(store.add(tmp_path / "model", product=PRODUCT), "model")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StoreReadOnly):
        store.add(tmp_path / "model", product=PRODUCT)
    store.view(PRODUCT, reference, tmp_path / "view")
    assert (tmp_path / "view").read_bytes() == b"points"
