"""Texts with variables, as a tree's folders, labels and aggregates are written.

Seed document of Path Partout, on variables: `{{name}}`, `{{name:3}}` for exactly three
characters, `{{name?}}` for one that may be missing, `{{name?:2}}` for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Mapping, Optional, Tuple, Union

LONGEST = 255
"""Characters of a name; also the largest length of a variable."""
_VARIABLE = re.compile(r"([A-Za-z0-9_]+)(\?)?(?::([0-9]{1,3}))?")
_ROOT = re.compile(r"\{\{root:([A-Za-z0-9_]+)\}\}")
_STRAY = re.compile(r"[{}\x00]")


@dataclass(frozen=True)
class Variable:
    """`{{name?:length}}`; a `length` of None is any."""

    name: str
    length: Optional[int] = None
    optional: bool = False

    def __str__(self) -> str:
        length = "" if self.length is None else f":{self.length}"
        return f"{{{{{self.name}{'?' if self.optional else ''}{length}}}}}"


Pattern = Tuple[Union[str, Variable], ...]
"""Literal texts and variables in turn; no literal text is empty, none follows another."""


def parse(text: str, problems: List[str]) -> Pattern:
    """The pattern of a text; what is wrong with it is added to `problems`, with its column
    (counted from 1 within the text), and left out."""
    parts: List[Union[str, Variable]] = []
    at = 0
    while at < len(text):
        opened = text.find("{{", at)
        literal = text[at : opened if opened >= 0 else len(text)]
        stray = _STRAY.search(literal)
        if stray:
            what = "a NUL" if stray[0] == "\0" else f"a single {stray[0]!r}"
            problems.append(f"{_at(text, at + stray.start())}: {what} outside of a variable")
            return tuple(parts)
        if literal:
            parts.append(literal)
        if opened < 0:
            break
        closed = text.find("}}", opened)
        if closed < 0:
            problems.append(f"{_at(text, opened)}: the variable is not closed by '}}}}'")
            return tuple(parts)
        variable = _variable(text, text[opened + 2 : closed], opened, problems)
        if variable:
            parts.append(variable)
        at = closed + 2
    return tuple(parts)


def written(pattern: Pattern) -> str:
    """The text that `parse` reads as this pattern."""
    return "".join(map(str, pattern))


def variables(pattern: Pattern) -> Tuple[Variable, ...]:
    return tuple(part for part in pattern if isinstance(part, Variable))


def with_roots(text: str, roots: Mapping[str, str], problems: List[str]) -> str:
    """`{{root:Label}}` replaced by this machine's root; an unknown one is added to `problems`.

    `{{root:3}}` is the variable `root` of three characters.
    """

    def root(found: re.Match[str]) -> str:
        if found[1].isdecimal():
            return found[0]
        if found[1] not in roots:
            known = ", ".join(sorted(roots)) or "none"
            problems.append(
                f"{text!r}: there is no root {found[1]!r}, there are: {known} "
                "(set PATH_PARTOUT_ROOTS to label=folder&label=folder)"
            )
        return roots.get(found[1], "/")

    return _ROOT.sub(root, text)


def fitted(value: str, length: Optional[int]) -> str:
    """A value for a place of this length: a number takes zeros or gives them up, else as it is.

    The seed document's episode `43` becomes `043` in `{{episode_number:3}}`.
    """
    if length is None or len(value) == length or not (value.isascii() and value.isdecimal()):
        return value
    return (value.lstrip("0") or "0").zfill(length)


def _variable(text: str, inner: str, column: int, problems: List[str]) -> Optional[Variable]:
    found = _VARIABLE.fullmatch(inner)
    if found is None:
        shape = "{{name}}, {{name:3}}, {{name?}} or {{name?:3}}"
        problems.append(f"{_at(text, column)}: {inner[:60]!r} is not a variable; write {shape}")
        return None
    length = None if found[3] is None else int(found[3])
    if length is not None and not 1 <= length <= LONGEST:
        problems.append(f"{_at(text, column)}: a length is from 1 to {LONGEST}, not {length}")
        return None
    return Variable(found[1], length, found[2] is not None)


def _at(text: str, column: int) -> str:
    shown = text if len(text) <= 100 else f"{text[:100]}…"
    return f"{shown!r}, character {column + 1}"
