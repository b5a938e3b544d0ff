"""Which frames a sequence holds, from the names of its files alone."""

from __future__ import annotations

import functools
import math
import re
from typing import Dict, Iterable, Iterator, List, Tuple

from pipl_pipe.asset.facts.bounds import Fact

FRAME = re.compile(r"(?P<head>.*?)(?P<frame>\d{1,255})(?P<tail>\.[^.]+)")
"""A numbered frame: the last number before the extension, such as 1001 of `a_v2.1001.exr`."""
_MAX_DIGITS = 15
_SHOWN_GAPS = 20


def frames_in(names: Iterable[str]) -> Dict[int, str]:
    """The names that are frames, by number, in order of numbers."""
    found = {}
    for name in sorted(names):
        match = FRAME.fullmatch(name)
        if match and len(match["frame"]) <= _MAX_DIGITS:
            found[int(match["frame"])] = name
    return dict(sorted(found.items()))


def facts_of(frames: Dict[int, str]) -> Dict[str, Fact]:
    """Of what `frames_in` gave: first, last, count, padding, step, and the frames missing.

    A sequence of three and more frames that leaves out the same everywhere has a `step` and
    misses nothing. `missing_frames` is text such as `1004,1010-1012`.
    """
    if not frames:
        return {}
    numbers = list(frames)
    step = _step(numbers)
    digits = [FRAME.fullmatch(name) for name in frames.values()]
    facts: Dict[str, Fact] = {
        "first_frame": numbers[0],
        "last_frame": numbers[-1],
        "frame_count": len(numbers),
        "frame_padding": min(len(match["frame"]) for match in digits if match),
    }
    if step > 1:
        facts["frame_step"] = step
    gaps = _gaps(numbers, step)
    if gaps:
        facts["missing_frame_count"] = sum((last - first) // step + 1 for first, last in gaps)
        shown = [_text(*gap) for gap in gaps[:_SHOWN_GAPS]]
        facts["missing_frames"] = ",".join([*shown, "…"] if len(gaps) > _SHOWN_GAPS else shown)
    return facts


def _step(numbers: List[int]) -> int:
    if len(numbers) < 3:
        return 1
    return functools.reduce(math.gcd, (after - one for one, after in _neighbours(numbers)))


def _gaps(numbers: List[int], step: int) -> List[Tuple[int, int]]:
    """The first and the last frame of each gap."""
    return [(one + step, after - step) for one, after in _neighbours(numbers) if after - one > step]


def _text(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _neighbours(numbers: List[int]) -> Iterator[Tuple[int, int]]:
    return zip(numbers, numbers[1:])  # noqa: RUF007  # Python 3.9
