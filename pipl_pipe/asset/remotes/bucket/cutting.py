"""How a large file is cut into the parts that travel."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

PART_BYTES = 64 << 20

Split = Callable[[Path], Iterator[int]]
"""The sizes of the parts that a file is cut into, in order."""


def fixed(path: Path) -> Iterator[int]:
    """Parts of `PART_BYTES`."""
    left = path.stat().st_size
    while left > 0:
        yield min(left, PART_BYTES)
        left -= PART_BYTES


def by_content(path: Path) -> Iterator[int]:
    """Parts cut where the content says so (FastCDC), 64 kB on average (decision 0010).

    An edit changes the parts that it touches, so the others are not sent again.
    """
    from pyfastcdc import FastCDC  # optional

    cutter = FastCDC(avg_size=64 << 10, min_size=16 << 10, max_size=256 << 10)
    with path.open("rb") as file:
        for chunk in cutter.cut_stream(file):
            yield chunk.length
