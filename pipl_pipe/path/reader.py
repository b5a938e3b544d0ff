"""The one anchored regular expression of a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Tuple

from pipl_pipe.path.expression import of_parts, of_shape, of_text
from pipl_pipe.path.parts import Key, Parts, Shape, Slot, Text
from pipl_pipe.path.text import MAX_NAME
from pipl_pipe.path.unit import Unit

_NAME = f"[^/\\\\\\0]{{0,{MAX_NAME}}}"
_ANY = "[^\\\\\\0]*"


@dataclass(frozen=True)
class Expression:
    """Groups 1 to n are the values of `keys`; the group `doubtful`, if any, is what may fit.

    Where neither matches, the text does not fit. Sections are optional groups, so that the
    expression grows linearly with the template.
    """

    text: str
    keys: Tuple[Key, ...]
    doubtful: int
    """Its number; -1 where there is no such group."""
    is_exact: bool
    """What does not fit has no reading."""


def expression_of(prefixes: Tuple[str, ...], units: Tuple[Unit, ...]) -> Expression:
    """The expression of a template, with the units' own and wider shapes."""
    start = "|".join(of_text(prefix, ignore_case=True) for prefix in prefixes)
    start = f"(?:{start})" if len(prefixes) > 1 else start
    is_exact = all(unit.exact for unit in units)
    is_hard = any(unit.shapes is None for unit in units)
    keys: List[Key] = []
    narrow = "" if is_hard else _narrow(units, keys)
    if is_exact:
        return Expression(start + narrow, tuple(keys), -1, is_exact=True)
    wide = "/".join(map(_wide, units))
    choice = f"({wide})" if is_hard else f"(?:{narrow}|({wide}))"
    return Expression(start + choice, tuple(keys), len(keys) + 1, is_exact=False)


def _narrow(units: Tuple[Unit, ...], keys: List[Key]) -> str:
    """Append the key of each group to `keys`."""
    groups: Dict[str, int] = {}
    pieces: List[str] = []
    for unit in units:
        assert unit.shapes is not None
        shapes: Iterator[Shape] = iter(unit.shapes)

        def grouped(slot: Slot, shapes: Iterator[Shape] = shapes) -> str:
            shape = next(shapes)
            if slot.key.name in groups:
                return f"(?:\\{groups[slot.key.name]})"
            keys.append(slot.key)
            groups[slot.key.name] = len(keys)
            return f"({of_shape(shape)})"

        pieces.append(of_parts(unit.parts, grouped))
    return "/".join(pieces)


def _wide(unit: Unit) -> str:
    """What may fit a unit, without groups."""
    if unit.is_quick:
        return of_parts(unit.parts, lambda slot: f"(?:{of_shape(slot.key.shape)})")
    if any("/" in part.text for part in _texts(unit.parts)):
        return _ANY
    return _NAME


def _texts(parts: Parts) -> Iterator[Text]:
    for part in parts:
        if isinstance(part, Text):
            yield part
        elif not isinstance(part, Slot):
            yield from _texts(part.parts)
