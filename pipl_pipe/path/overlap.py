"""Texts that two templates can both have made, found without trying texts."""

from __future__ import annotations

from typing import Optional

from pipl_pipe.path import automaton
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.graph import graph
from pipl_pipe.path.parts import Part, Section, Text
from pipl_pipe.path.text import folded
from pipl_pipe.path.unit import fixed

MAX_PAIRS = 20_000


def overlap(first: Compiled, second: Compiled) -> Optional[str]:
    """A shortest text that both can have made; None where there is none.

    It goes by the keys' shapes: where a key is not exact (an expression, exclusions, one that
    stands twice) the text may not be its. Empty where it was too much to look for. Templates
    below different prefixes have nothing in common.
    """
    shared = {folded(prefix) for prefix in first.prefixes} & {
        folded(prefix) for prefix in second.prefixes
    }
    if not shared or not _may_meet(first, second):
        return None
    found, text = automaton.common(
        graph(first.parts), graph(second.parts), differently=False, limit=MAX_PAIRS
    )
    prefix = next(prefix for prefix in first.prefixes if folded(prefix) in shared)
    return (prefix + text if text else "") if found else None


def ambiguity(compiled: Compiled) -> Optional[str]:
    """A shortest text that a template can have made in two ways; None where there is none.

    It goes by the keys' shapes, as `overlap` does.
    """
    if all(unit.exact for unit in compiled.units):
        return None
    own = graph(compiled.parts)
    found, text = automaton.common(own, own, differently=True, limit=MAX_PAIRS)
    return (compiled.prefixes[0] + text if text else "") if found else None


def _may_meet(first: Compiled, second: Compiled) -> bool:
    """A cheap look before the thorough one: depth, and fixed components."""
    if any(_is_deep(part) for one in (first, second) for part in one.parts):
        return True
    if len(first.units) != len(second.units):
        return False
    for one, other in zip(first.units, second.units):
        left, right = fixed(one.parts), fixed(other.parts)
        if left is not None and right is not None and folded(left) != folded(right):
            return False
    return True


def _is_deep(part: Part) -> bool:
    if isinstance(part, Section):
        return any(
            _is_deep(one) or (isinstance(one, Text) and "/" in one.text) for one in part.parts
        )
    return False
