"""The files that the asset benchmarks work on, and the floors: the least that could be done.

    python -m benchmarks.asset_files FLOOR SOURCE FOLDER

runs a floor in a process of its own, as `asset_step` does a step.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

LARGE_BYTES = 2_000_000_000
MANY, SMALL_BYTES = 20_000, 50_000
_FOLDERS = 20
_PIECE_BYTES = 1 << 20


def make_large(path: Path, scale: float) -> None:
    """One file of random bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = int(LARGE_BYTES * scale)
    with path.open("wb") as file:
        while left > 0:
            left -= file.write(os.urandom(min(left, _PIECE_BYTES)))


def make_many(folder: Path, scale: float) -> None:
    """Small files of random bytes, in a few folders."""
    for number in range(int(MANY * scale)):
        path = folder / f"{number % _FOLDERS:02}" / f"f{number:05}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(SMALL_BYTES))


def change(folder: Path) -> None:
    """1 % of the files get other content; what they were linked to does not."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in random.Random(1).sample(paths, max(1, len(paths) // 100)):
        new = path.with_suffix(".new")
        new.write_bytes(os.urandom(SMALL_BYTES))
        new.replace(path)


def copy(source: Path, destination: Path) -> None:
    """With everything written out, so that no later step pays for it."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-r", source, destination], check=True)
    os.sync()


def hashing(source: Path, folder: Path) -> None:
    """BLAKE3 of one file, mapped, on all cores."""
    from blake3 import blake3

    blake3(max_threads=blake3.AUTO).update_mmap(source).hexdigest()


def reading_hashing_linking(source: Path, folder: Path) -> None:
    """Each file read, hashed and linked under its digest, one after the other."""
    from blake3 import blake3

    for number in range(256):
        (folder / f"{number:02x}").mkdir(parents=True)
    for path in _files(str(source)):
        with open(path, "rb") as file:  # noqa: PTH123  # as fast as it goes
            name = blake3(file.read()).hexdigest()
        os.link(path, f"{folder}/{name[:2]}/{name[2:]}")


def copying(source: Path, folder: Path) -> None:
    """`cp -r`, then everything on the disk."""
    _shell(["cp", "-r", source, folder], ["sync", "-f", folder])


def linking(source: Path, folder: Path) -> None:
    _shell(["cp", "-rl", source, folder])


def _shell(*commands: list[str | Path]) -> None:
    for args in commands:
        subprocess.run(args, check=True)


def _files(folder: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _files(entry.path)
        else:
            yield entry.path


FLOORS = {
    "hash": hashing,
    "read-hash-link": reading_hashing_linking,
    "copy": copying,
    "link": linking,
}

if __name__ == "__main__":
    started = time.perf_counter()
    FLOORS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps({"library_s": time.perf_counter() - started}))
