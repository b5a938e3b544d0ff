"""One component of a template: how a regular expression can read it without a doubt."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import AbstractSet, Iterator, List, Optional, Tuple

from pipl_pipe.path import automaton
from pipl_pipe.path.graph import Graph, choices, graph
from pipl_pipe.path.parts import Part, Parts, Run, Section, Shape, Slot, Text, slots

MAX_CHOICES = 2
"""Beyond, a regular expression could take long to fail."""
MAX_EDGES = 64
MAX_PAIRS = 4_000


@dataclass(frozen=True)
class Unit:
    """What stands between two separators; or all of a template whose sections hold separators."""

    parts: Parts
    shapes: Optional[Tuple[Shape, ...]]
    """For each slot, texts such that what fits them is read in this one way; None: no such."""
    exact: bool
    """The shapes are the keys' own: what does not fit them does not fit the unit."""
    is_quick: bool
    """A regular expression of the keys' own shapes fails quickly."""


def fixed(parts: Parts) -> Optional[str]:
    """The text of parts that are texts only."""
    if any(not isinstance(part, Text) for part in parts):
        return None
    return "".join(part.text for part in parts if isinstance(part, Text))


def split(parts: Parts) -> List[Parts]:
    """The parts between separators; all in one where a section holds a separator."""
    if any(isinstance(part, Section) and _has_separator(part.parts) for part in parts):
        return [parts]
    units: List[List[Part]] = [[]]
    for part in parts:
        if not isinstance(part, Text):
            units[-1].append(part)
            continue
        first, *others = part.text.split("/")
        if first:
            units[-1].append(Text(first, part.folded))
        units += [[Text(other, part.folded)] if other else [] for other in others]
    return [tuple(unit) for unit in units]


def unit(parts: Parts, bound: AbstractSet[str]) -> Unit:
    """`bound` names keys whose texts are known from earlier units."""
    own = tuple(key.shape for key, _ in slots(parts))
    whole = graph(parts)
    is_quick = choices(whole) <= MAX_CHOICES
    names = [key.name for key, _ in slots(parts)]
    free = [name for name in names if name not in bound]
    middle = _middle(parts, bound)
    shapes: Optional[Tuple[Shape, ...]] = None
    if len(set(free)) == len(free):
        if not any(key.name in bound for key, _ in slots(middle)):
            shapes = _decided(middle)
        elif _counted(middle, narrowed(middle), bound):
            shapes = narrowed(middle)
    if shapes is None:
        return Unit(parts, None, exact=False, is_quick=is_quick)
    # What stands before and after the middle is bound, and has no shape of its own.
    before = next((i for i in range(len(parts)) if parts[i:][: len(middle)] == middle), 0)
    skipped = sum(1 for _ in slots(parts[:before]))
    every = (*own[:skipped], *shapes, *own[skipped + len(shapes) :])
    return Unit(parts, every, exact=every == own and _all_free(middle, bound), is_quick=is_quick)


def narrowed(parts: Parts) -> Tuple[Shape, ...]:
    """The slots' shapes without the characters that the texts after slots begin with."""
    ends = _ends(parts)
    return tuple(_narrow(key.shape, ends) for key, _ in slots(parts))


def _all_free(parts: Parts, bound: AbstractSet[str]) -> bool:
    return all(key.name not in bound for key, _ in slots(parts))


def _decided(parts: Parts) -> Optional[Tuple[Shape, ...]]:
    """Shapes that are read in one way: the keys' own if possible, else narrower ones."""
    own = tuple(key.shape for key, _ in slots(parts))
    narrow = narrowed(parts)
    if _is_single(parts) or _counted(parts, own, frozenset()):
        return own
    whole = graph(parts)
    small = len(whole.edges) <= MAX_EDGES
    if small and choices(whole) <= MAX_CHOICES and not _read_differently(whole, whole):
        return own
    if any(not shape for shape in narrow):
        return None
    if _counted(parts, narrow, frozenset()):
        return narrow
    if not small:
        return None
    less = graph(_with(parts, iter(narrow)))
    if choices(less) <= MAX_CHOICES and not _read_differently(less, whole):
        return narrow
    return None


def _is_single(parts: Parts) -> bool:
    """One slot between fixed texts."""
    kinds = [part for part in parts if not isinstance(part, Text)]
    return len(kinds) == 1 and isinstance(kinds[0], Slot)


def _counted(parts: Parts, shapes: Tuple[Shape, ...], bound: AbstractSet[str]) -> bool:
    """What fits is read in one way because counting decides.

    No value holds a character that a text after a slot begins with. All of these characters in
    a name are then in its fixed texts, which holds for every other reading as well; so each
    value ends where the next of them stands.
    """
    if any(isinstance(part, Section) for part in parts):
        return False
    ends = _ends(parts)
    numbered = iter(shapes)
    for number, part in enumerate(parts):
        if not isinstance(part, Slot):
            continue
        shape = next(numbered)
        if part.key.name in bound:
            continue
        if not shape or any(_holds(one, ends) for one in shape):
            return False
        fixed = len(shape) == 1 and _is_fixed(shape[0])
        followed = number + 1 < len(parts) and not isinstance(parts[number + 1], Text)
        if followed and not fixed:
            return False
    return True


def _is_fixed(one: object) -> bool:
    return not isinstance(one, Run) or one.shortest == one.longest


def _holds(one: object, ends: str) -> bool:
    if isinstance(one, Run):
        return any(end in one.characters for end in ends)
    return any(end in str(one) for end in ends)


def _ends(parts: Parts) -> str:
    """The characters, in each case, that texts after slots begin with; not the outermost texts,
    which are found from the two ends."""
    found: List[str] = []

    def walk(inner: Parts, *, outermost: bool) -> None:
        for number, part in enumerate(inner):
            if isinstance(part, Section):
                walk(part.parts, outermost=False)
            elif isinstance(part, Text) and (not outermost or 0 < number < len(inner) - 1):
                first = part.text[0]
                found.extend(c for c in (first, first.lower(), first.upper()) if len(c) == 1)

    walk(parts, outermost=True)
    return "".join(sorted(set(found)))


def _narrow(shape: Shape, ends: str) -> Shape:
    kept: List[object] = []
    for one in shape:
        if not isinstance(one, Run):
            kept += [] if _holds(one, ends) else [one]
            continue
        characters = one.characters.minus(ends)
        first = one.first.minus(ends) if one.first is not None else None
        if characters.ranges and (first is None or first.ranges):
            kept.append(Run(characters, one.shortest, one.longest, first))
    return tuple(kept)  # type: ignore[arg-type]  # runs and texts, as they came


def _middle(parts: Parts, bound: AbstractSet[str]) -> Parts:
    """Without the fixed texts and bound slots at both ends, which leave no doubt."""

    def is_known(part: Part) -> bool:
        return isinstance(part, Text) or (isinstance(part, Slot) and part.key.name in bound)

    start, end = 0, len(parts)
    while start < end and is_known(parts[start]):
        start += 1
    while end > start and is_known(parts[end - 1]):
        end -= 1
    return parts[start:end]


def _has_separator(parts: Parts) -> bool:
    return any(
        "/" in part.text
        if isinstance(part, Text)
        else isinstance(part, Section) and _has_separator(part.parts)
        for part in parts
    )


@dataclass(frozen=True)
class _Shaped:
    """A key of another shape, for analysis only."""

    name: str
    shape: Shape


def _with(parts: Parts, shapes: Iterator[Shape]) -> Parts:
    changed: List[Part] = []
    for part in parts:
        if isinstance(part, Slot):
            changed.append(Slot(_Shaped(part.key.name, next(shapes))))  # type: ignore[arg-type]  # never read or written
        elif isinstance(part, Section):
            changed.append(Section(_with(part.parts, shapes)))
        else:
            changed.append(part)
    return tuple(changed)


def _read_differently(first: Graph, second: Graph) -> bool:
    return _read_differently_by_edges(_Bare(first), _Bare(second))


class _Bare:
    """A graph, equal to those of the same edges, whatever their keys are called."""

    def __init__(self, of: Graph) -> None:
        self.graph = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bare) and self.graph.edges == other.graph.edges

    def __hash__(self) -> int:
        return hash(self.graph.edges)


@functools.lru_cache(maxsize=1024)
def _read_differently_by_edges(first: _Bare, second: _Bare) -> bool:
    found, _ = automaton.common(first.graph, second.graph, differently=True, limit=MAX_PAIRS)
    return found
