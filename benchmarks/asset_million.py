"""A store of a million objects: one path, a check of all, a collection of half of it.

    ci/bench benchmarks/asset_million.py [--objects 1000000] [--folder DIR]

Each time for a tenth of the objects too: the time must grow as they do. The objects are tiny
and share a few files on the disk (hardlinks), which neither of the three looks at.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pipl.asset.marks.digest_set import DigestSet
from pipl.asset.upkeep import collect, fsck
from pipl.asset.upkeep.collect import Grace
from pipl_pipe.asset.digest import BLAKE3, HEX_DIGITS, Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.stores.folder import FolderStore

LINKS = 50_000
"""To one file: ext4 allows 65,000."""
CONTENT = b"8 bytes."
PATHS = 5_000
FIRST_PATHS = 200


@dataclass(frozen=True)
class Measured:
    """`path` of an object whose readable path was there before, and of one where it was made."""

    objects: int
    path_us: float
    first_path_us: float
    check_s: float
    gc_s: float


def fill(objects: Objects, count: int) -> list[Digest]:
    """Objects under random digests, every one with the same content."""
    chance = random.Random(count)
    made = []
    for number in range(256):
        (objects.root / "objects" / BLAKE3 / f"{number:02x}").mkdir(parents=True)
    source = objects.root / "source"
    for number in range(count):
        if number % LINKS == 0:
            source.unlink(missing_ok=True)
            source.write_bytes(CONTENT)
            source.chmod(0o444)
        digest = Digest(BLAKE3, f"{chance.getrandbits(256):0{HEX_DIGITS}x}")
        os.link(source, objects.path(digest))
        made.append(digest)
    source.unlink()
    os.sync()
    return made


def measure(folder: Path, count: int) -> Measured:
    store = FolderStore(folder / "store")
    store.root.mkdir()
    digests = fill(store.objects, count)
    chosen = random.Random(1).sample(digests, min(PATHS, count))
    first_us = path_us(store, chosen[:FIRST_PATHS])
    again_us = path_us(store, chosen[:FIRST_PATHS] * (PATHS // FIRST_PATHS))
    started = time.perf_counter()
    checked = fsck.check(store.objects, quick=True, now=time.time())
    check_s = time.perf_counter() - started
    assert checked.objects == count
    live = DigestSet()
    for digest in digests[::2]:
        live.add(digest)
    started = time.perf_counter()
    with collect.alone(store.root):
        found = collect.collect(store.objects, live, Grace(0.0, time.time()))
    gc_s = time.perf_counter() - started
    assert found.moved == count // 2
    return Measured(count, again_us, first_us, check_s, gc_s)


def path_us(store: FolderStore, digests: list[Digest]) -> float:
    """The median of one call, in microseconds."""
    took = []
    for digest in digests:
        reference = Reference("a", "File", "a.bin", "file", str(digest), len(CONTENT))
        started = time.perf_counter()
        store.path("bench", reference)
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; its disk is measured")
    given = parser.parse_args()
    measured = []
    for count in (given.objects // 10, given.objects):
        folder = Path(tempfile.mkdtemp(prefix="bench-million-", dir=given.folder))
        try:
            measured.append(measure(folder, count))
        finally:
            shutil.rmtree(folder)
    print("| objects | path(), us | the first time, us | fsck --quick, s | gc of half, s |")
    print("| --- | --- | --- | --- | --- |")
    for one in measured:
        times = f"{one.path_us:.0f} | {one.first_path_us:.0f} | {one.check_s:.1f} | {one.gc_s:.1f}"
        print(f"| {one.objects:,} | {times} |")
    few, many = measured
    ratios = f"{many.check_s / few.check_s:.1f} | {many.gc_s / few.gc_s:.1f}"
    print(f"| ten times as many (linear: 10) | | | {ratios} |")


if __name__ == "__main__":
    main()
