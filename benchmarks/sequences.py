"""The scan of a folder of frames against the library fileseq, which finds the same."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import fileseq

from benchmarks.measure import paired, report
from pipl_pipe.path import sequences

FRAMES = 20_000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pipl-bench-") as folder:
        for frame in range(1001, 1001 + FRAMES):
            Path(folder, f"sh010_comp_v003.{frame}.exr").touch()
        measure(folder, f"scan, {FRAMES} frames of one sequence")
    with tempfile.TemporaryDirectory(prefix="pipl-bench-") as folder:
        for layer in range(20):
            for frame in range(FRAMES // 20):
                Path(folder, f"sh010_layer{layer:02d}.{frame:04d}.exr").touch()
        measure(folder, f"scan, {FRAMES} frames of 20 sequences")
        with os.scandir(folder) as entries:
            count = sum(not entry.is_dir() for entry in entries)
        assert count == FRAMES
        pair = paired(lambda: ours(folder), lambda: listed(folder), runs=9)
        report("  of which listing the folder", pair, goal="-")


def measure(folder: str, title: str) -> None:
    found = sorted(map(str, sequences.scan(folder)))
    assert found == sorted(map(str, fileseq.findSequencesOnDisk(folder)))
    pair = paired(lambda: ours(folder), lambda: theirs(folder), runs=9)
    report(title, pair, goal="ratio <= 0.33")
    pair = paired(lambda: written(folder), lambda: theirs(folder), runs=9)
    report("  and written as fileseq does", pair, goal="ratio <= 0.33")


def ours(folder: str) -> None:
    sequences.scan(folder)


def written(folder: str) -> None:
    for one in sequences.scan(folder):
        str(one)


def theirs(folder: str) -> None:
    fileseq.findSequencesOnDisk(folder)


def listed(folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.is_dir()


if __name__ == "__main__":
    main()
