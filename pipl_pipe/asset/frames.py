"""Numbered frames and their ranges: `1001-1100,1105`."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, NamedTuple

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


class Frames(NamedTuple):
    """What the files of one sequence share: `<head><frame, zero-padded to digits><tail>`."""

    head: str
    digits: int
    tail: str
    mode: int = 0o644

    def __str__(self) -> str:
        return f"{self.head}{'#' * self.digits}{self.tail}"


def in_ranges(frames: Iterable[int]) -> str:
    """The shortest text for frames in rising order."""
    runs: List[List[int]] = []
    for frame in frames:
        if runs and runs[-1][1] == frame - 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def numbers(text: str, *, limit: int) -> Iterator[int]:
    """The frames that `in_ranges` wrote, in rising order.

    Raises ValueError for anything else, and for more than `limit` frames before they are made.
    """
    last, left = -1, limit
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ValueError(f"{text[:100]!r} is not a range of frames")
        low, high = int(found[1]), int(found[2] or found[1])
        left -= high - low + 1
        if low <= last or high < low or left < 0:
            raise ValueError(f"{text[:100]!r} is not a rising range of at most {limit} frames")
        last = high
        yield from range(low, high + 1)
