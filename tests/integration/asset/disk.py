"""What a store does on a disk that is full, or read-only: see test_real_disks.py.

python disk.py full|read-only DISK SCRATCH    with a small file system mounted at DISK
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.store import Stored
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetError

FITS, TOO_MUCH = 1_000_000, 12_000_000
"""Bytes, of a disk of 8 MB."""


def made(folder: Path, size: int, *, files: int) -> Path:
    folder.mkdir()
    for number in range(files):
        (folder / f"beauty.{number:04d}.exr").write_bytes(os.urandom(size // files))
    return folder


def reference(stored: Stored, shape: str = "folder") -> Reference:
    return Reference("it", "Folder", "it", shape, stored.revision, stored.size)


def left(store: FolderStore) -> list[str]:
    return [path.name for path in (store.root / "tmp").glob("batch-*")]


def told(action: object) -> str:
    """The code of what goes wrong."""
    assert callable(action)
    try:
        action()
    except AssetError as fault:
        return fault.code
    return "nothing"


def full(disk: Path, scratch: Path) -> None:
    store = FolderStore(disk / "store")
    kept = reference(store.add(made(scratch / "fits", FITS, files=20), product="p"))
    many = made(scratch / "many", TOO_MUCH, files=100)
    (scratch / "one").write_bytes(os.urandom(TOO_MUCH))
    print("many", told(lambda: store.add(many, product="p")), left(store))
    print("one", told(lambda: store.add(scratch / "one", product="p")), left(store))
    far = FolderStore(scratch / "far")
    for source, shape in ((many, "folder"), (scratch / "one", "file")):
        asset = reference(far.add(source, product="p"), shape)
        remote = BucketRemote(FolderBucket(scratch / "bucket"))
        remote.push(asset, far.objects)
        print("pull", told(lambda: remote.pull(asset, store.objects)), left(store))  # noqa: B023
        view = disk / "view"
        print("view", told(lambda: far.view("p", asset, view)), view.exists())  # noqa: B023
        sends = BucketRemote(FolderBucket(disk / "bucket"))
        print("push", told(lambda: sends.push(asset, far.objects)), sends.has(asset))  # noqa: B023
    store.verify(kept)
    print("small", told(lambda: store.add(scratch / "fits" / "beauty.0001.exr", product="p")))


def read_only(disk: Path, scratch: Path) -> None:
    store = FolderStore(disk / "store")
    kept = reference(store.add(made(scratch / "fits", FITS, files=20), product="p"))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    (scratch / "new").write_bytes(b"new")
    print("add", told(lambda: store.add(scratch / "new", product="p")))
    far = FolderStore(scratch / "far")
    asset = reference(far.add(scratch / "new", product="p"), "file")
    remote = BucketRemote(FolderBucket(scratch / "bucket"))
    remote.push(asset, far.objects)
    print("pull", told(lambda: remote.pull(asset, Objects(store.root, "store"))))
    print("path", told(lambda: store.path("p", kept)))
    print("view", told(lambda: store.view("p", kept, scratch / "view")))
    print("shown", len(list((scratch / "view").iterdir())))
    print("verify", told(lambda: store.verify(kept)))


if __name__ == "__main__":
    what, disk, scratch = sys.argv[1:]
    {"full": full, "read-only": read_only}[what](Path(disk), Path(scratch))
