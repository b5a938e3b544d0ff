"""Sets of characters, as ranges of code points: what a key's values may be made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, List, Tuple

LAST = 0x10FFFF
Range = Tuple[int, int]


@dataclass(frozen=True)
class Characters:
    """A set of characters. `ranges` are inclusive, ascending and apart from each other."""

    ranges: Tuple[Range, ...]

    @classmethod
    def of(cls, *spans: str) -> Characters:
        """`of("az", "_")`: each span is one character, or the first and the last of a range."""
        return cls(_joined((ord(span[0]), ord(span[-1])) for span in spans))

    @classmethod
    def without_any_of(cls, characters: str) -> Characters:
        """Every character but these."""
        return cls(((0, LAST),)).minus(characters)

    def __contains__(self, character: str) -> bool:
        point = ord(character)
        return any(low <= point <= high for low, high in self.ranges)

    def __or__(self, other: Characters) -> Characters:
        return Characters(_joined((*self.ranges, *other.ranges)))

    def meets(self, other: Characters) -> bool:
        """Some character is in both."""
        return any(a <= d and c <= b for a, b in self.ranges for c, d in other.ranges)

    def minus(self, characters: Iterable[str]) -> Characters:
        """This set without some characters."""
        left = list(self.ranges)
        for character in characters:
            point, kept = ord(character), []
            for low, high in left:
                if not low <= point <= high:
                    kept.append((low, high))
                    continue
                kept += [(a, b) for a, b in ((low, point - 1), (point + 1, high)) if a <= b]
            left = kept
        return Characters(tuple(left))

    @property
    def expression(self) -> str:
        """The regular expression of one character of the set; the set is not empty."""
        if self.ranges[-1][1] != LAST:
            return f"[{_listed(self.ranges)}]"
        gaps = [
            (before[1] + 1, after[0] - 1)
            for before, after in zip(((0, -1), *self.ranges), self.ranges)
            if before[1] + 1 <= after[0] - 1
        ]
        return f"[^{_listed(gaps)}]" if gaps else r"[\s\S]"


def _joined(ranges: Iterable[Range]) -> Tuple[Range, ...]:
    joined: List[Range] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def _listed(ranges: Iterable[Range]) -> str:
    return "".join(
        _escaped(low) if low == high else f"{_escaped(low)}-{_escaped(high)}"
        for low, high in ranges
    )


def _escaped(point: int) -> str:
    character = chr(point)
    if character.isascii() and character.isprintable():
        return re.escape(character) if not character.isalnum() else character
    return f"\\x{point:02x}" if point < 256 else f"\\U{point:08x}"


SEPARATORS = "/\\"
ANYTHING = Characters.without_any_of(SEPARATORS + "\0")
"""What a value may hold at most: neither separator, nor NUL."""
DIGITS = Characters.of("09")
LETTERS = Characters.of("az", "AZ")
ALPHANUMERIC = DIGITS | LETTERS
