"""The frame sequences in a folder, found in one pass over its entries.

Which files belong together, and how a sequence is written (`hero.1001-1100#.exr`), follows the
library fileseq; the pass over the folder is ours because a folder of frames is read often and
holds many. fileseq itself is imported where ranges are written or read as text.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, Iterable, List, Optional, Set, Tuple

if TYPE_CHECKING:
    from fileseq.filesequence import FileSequence

_NAME = re.compile(r"(?s:(.*?)(-?\d+)?((?:\.\w*[a-zA-Z]\w?)*(?:\.[^.]+)?))")
"""Head, frame and tail as fileseq takes a name apart: the shortest head that leaves the rest."""
_COMMON = re.compile(r"(?:.*\.|[^.]*(?<![\d-]))[0-9]+\.[A-Za-z]+")
"""What most frames are called. Where it fits, `_NAME` has the digits before the last dot for a
frame: no tail can begin before that dot, since between two dots it would need a letter."""
_PRINTF = re.compile(r"%(?:0(\d+))?d")
_HOUDINI = re.compile(r"\$F(\d*)")

LONGEST = 1024
"""Characters of a basename; file systems allow 255."""
DIGITS = 18
"""Of a frame at most; fileseq cannot count with more than 28. A longer number is part of a name."""

Key = Tuple[str, str]


@dataclass(frozen=True)
class FrameSequence:
    """The frames that share folder, head, tail and padding; or one file that has no number.

    `frames` are in rising order and empty for a file without a number; `width` is how many
    characters a frame is filled up to with zeros (wider ones stay as they are).
    """

    folder: str
    head: str
    frames: Tuple[int, ...]
    width: int
    tail: str

    @property
    def ranges(self) -> str:
        """Its frames as fileseq writes them, such as `1001-1100,1110-1120x2`."""
        if not self.frames:
            return ""
        from fileseq.frameset import FrameSet

        return str(FrameSet(list(self.frames)))

    @property
    def gaps(self) -> Tuple[range, ...]:
        """The frames between the first and the last that are not there, run by run."""
        pairs = zip(self.frames, self.frames[1:])
        return tuple(range(one + 1, after) for one, after in pairs if after > one + 1)

    def basename(self, frame: int) -> str:
        """The name of one frame's file, whether it is there or not."""
        return f"{self.head}{frame:0{self.width}d}{self.tail}"

    def pattern(self, style: str = "%d") -> str:
        """Its basename with the frame written as applications do; `style` is one of
        `%d`, `#`, `@`, `$F` (`%04d`, `####`, `@@@@`, `$F4` for four digits; alone where nothing
        is padded). Raises ValueError for another."""
        if not self.frames:
            return self.head + self.tail
        return f"{self.head}{padded(self.width, style)}{self.tail}"

    def to_fileseq(self) -> FileSequence:
        """The same sequence as a fileseq.FileSequence."""
        from fileseq.filesequence import FileSequence

        return FileSequence(str(self))

    def __str__(self) -> str:
        """As fileseq writes it: folder, head, ranges, padding in `#` (4) or `@` (1), tail."""
        padding = ""
        if self.frames:
            padding = "#" * (self.width // 4) if self.width % 4 == 0 else "@" * self.width
        return os.path.join(self.folder, f"{self.head}{self.ranges}{padding}{self.tail}")  # noqa: PTH118  # a text


def scan(folder: str, *, hidden: bool = False) -> List[FrameSequence]:
    """The sequences and single files right in a folder, by head, tail and width.

    Files whose name begins with a dot only with `hidden`. Raises OSError where the folder
    cannot be read.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if not entry.is_dir()]
    if not hidden:
        names = [name for name in names if name[0] != "."]
    return grouped(names, folder)


def grouped(names: Iterable[str], folder: str = "") -> List[FrameSequence]:
    """Basenames that belong together, by head, tail and width; nothing is read from disk.

    A wider frame joins a narrower padding only where no zero precedes it: `0999`, `1000` and
    `10000` are one sequence, `1` and `0002` are two. Where an unpadded frame would fit two
    paddings, it goes to the one of its own width. A name longer than any file system allows is
    a file without a number.
    """
    names = list(names)
    if max(map(len, names), default=0) > LONGEST:
        long = [FrameSequence(folder, one, (), 0, "") for one in names if len(one) > LONGEST]
        return grouped((one for one in names if len(one) <= LONGEST), folder) + long
    frames: Dict[Key, Set[str]] = {}
    common: Dict[Key, Set[str]] = {}
    singles: Set[Key] = set()
    for name in names:
        stem = name.rpartition(".")[0]
        head = stem.rstrip("0123456789")
        frame = stem[len(head) :]
        key = head, name[len(stem) :]
        known = common.get(key) if 0 < len(frame) <= DIGITS else None
        if known is not None:  # an expression need not run for each frame of a sequence
            known.add(frame)
        elif 0 < len(frame) <= DIGITS and _COMMON.fullmatch(name):
            common[key] = frames.setdefault(key, set())
            common[key].add(frame)
        else:
            found = _NAME.fullmatch(name)
            assert found is not None, name  # it fits every text
            if found[2] is None or len(found[2]) > DIGITS:
                singles.add((found[1] + (found[2] or ""), found[3]))
            else:
                frames.setdefault((found[1], found[3]), set()).add(found[2])
    made = [FrameSequence(folder, one, (), 0, rest) for one, rest in singles]
    for (one, rest), texts in frames.items():
        for width, numbers in _paddings(texts):
            made.append(FrameSequence(folder, one, numbers, width, rest))
    return sorted(made, key=lambda one: (one.head, one.tail, one.width))


def frame_numbers(text: str) -> Tuple[int, ...]:
    """The frames of a range as fileseq reads it: `1-10`, `1-10x2`, `1-5,8`, in that order.

    Raises ValueError for anything else.
    """
    from fileseq.exceptions import FileSeqException
    from fileseq.frameset import FrameSet

    try:
        return tuple(int(frame) for frame in FrameSet(text))
    except (FileSeqException, ValueError) as fault:
        raise ValueError(f"{text[:100]!r} is not a range of frames") from fault


def padded(width: int, style: str) -> str:
    """A padding of `width` digits in one of the styles `%d`, `#`, `@`, `$F`.

    A width of 1 or less is no padding. Raises ValueError for another style.
    """
    if style == "%d":
        return f"%0{width}d" if width > 1 else "%d"
    if style == "$F":
        return f"$F{width}" if width > 1 else "$F"
    if style in ("#", "@"):
        return style * max(1, width)
    raise ValueError(f"{style!r} is not a style of padding: %d, #, @ or $F")


def padding_width(text: str) -> Optional[int]:
    """How many digits a padding such as `%04d`, `####`, `@@@@` or `$F4` stands for.

    1 for one that pads nothing; None for what is no padding. One `#` is one digit here, as in
    templates, where fileseq's own notation counts four.
    """
    found = _PRINTF.fullmatch(text) or _HOUDINI.fullmatch(text)
    if found:
        return max(1, int(found[1] or 1))
    return len(text) if text and set(text) in ({"#"}, {"@"}) else None


def _paddings(texts: Set[str]) -> Iterable[Tuple[int, Tuple[int, ...]]]:
    """The widths that these frames of one head and tail are padded to, and the frames of each."""
    by_width: Dict[int, List[str]] = {}
    for text in texts:
        by_width.setdefault(len(text), []).append(text)
    width = 0
    numbers: Set[int] = set()
    for wider in sorted(by_width):
        its = by_width[wider]
        if not width:
            width = wider
        elif any(text.startswith(("0", "-0")) for text in its):
            yield width, tuple(sorted(numbers))
            width, numbers = wider, set()
        numbers.update(map(int, its))
    yield width, tuple(sorted(numbers))
