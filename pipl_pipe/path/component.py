"""One component of a search: which names in a folder fit it."""

from __future__ import annotations

import re
from typing import (
    AbstractSet,
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    Match,
    Optional,
    Sequence,
    Tuple,
)

from pipl_pipe.errors import InvalidValue, UndecidedPath
from pipl_pipe.path import memo
from pipl_pipe.path.expression import of_parts, of_shape
from pipl_pipe.path.graph import graph
from pipl_pipe.path.parts import Parts, Section, Shape, Slot, Text, slots
from pipl_pipe.path.solver import Solver, TooManyWays
from pipl_pipe.path.text import shown
from pipl_pipe.path.unit import Unit, unit

Bound = Dict[str, str]
"""Texts of keys that stand more than once, as the folders above have them."""
Matches = Sequence[Tuple[str, Bound]]
"""How a name that fits is reported, and what is bound then; several where it fits several ways."""
NOTHING: Matches = ()
MAX_WAYS = 64


class Component:
    """Made of the parts between two separators, values given standing as texts."""

    def __init__(
        self, template: str, parts: Parts, repeated: AbstractSet[str], patterns: Mapping[str, str]
    ) -> None:
        self._template = template
        self._parts = parts
        self._patterns = patterns
        self._keys = [key for key, _ in slots(parts)]
        self._binds = tuple(dict.fromkeys(k.name for k in self._keys if k.name in repeated))
        self.text = _text(parts, {})
        """Its only name, where that is known."""
        self._is_abstract = any(key.name in patterns for key in self._keys)
        self.pattern = _text(parts, patterns) if self._is_abstract else None
        """How it is always reported, where all its slots stand as patterns."""
        self._solver: Optional[Solver] = None
        self.plain: Optional[Callable[[str], Any]] = None
        """Tells of a name at once whether it fits; None where there is more to say of it."""
        if self.text is None:
            self._prepare(unit(parts, frozenset()))

    def _prepare(self, of: Unit) -> None:
        says_all = all(key.is_exact for key in self._keys) and not self._binds
        if of.is_quick and says_all and not self._is_abstract:
            own = of_parts(self._parts, lambda slot: f"(?:{of_shape(slot.key.shape)})")
            self.plain = re.compile(own, re.DOTALL).fullmatch
        self._is_exact = of.exact
        self._read: Optional[Callable[[str], Optional[Match[str]]]] = None
        if of.shapes is not None:
            left: Iterator[Shape] = iter(of.shapes)
            grouped = of_parts(self._parts, lambda slot: f"({of_shape(next(left))})")
            self._read = re.compile(grouped, re.DOTALL).fullmatch
        self._checks = [
            (number, memo.Read(key)) for number, key in enumerate(self._keys) if not key.is_exact
        ]
        self._numbers = [
            (name, number)
            for number, name in enumerate(key.name for key in self._keys)
            if name in self._binds
        ]

    def matches(self, name: str, bound: Bound) -> Matches:
        """Raises UndecidedPath."""
        match = self._read(name) if self._read is not None else None
        if match is not None:
            texts = match.groups()
            if self._holds(texts, bound):
                return ((self._reported(name, texts), self._bound(texts, bound)),)
        if self._is_exact:
            return NOTHING
        for one in self._binds:
            if one in bound and bound[one] not in name and _is_needed(self._parts, one):
                return NOTHING
        return self._solved(name, bound)

    def _holds(self, texts: Sequence[Optional[str]], bound: Bound) -> bool:
        for name, number in self._numbers:
            if bound.get(name, texts[number]) != texts[number] is not None:
                return False
        try:
            for number, read in self._checks:
                text = texts[number]
                if text is not None:
                    read[text]
        except InvalidValue:
            return False
        return True

    def _solved(self, name: str, bound: Bound) -> Matches:
        if self._solver is None:
            self._solver = Solver(graph(self._parts))
        found: List[Tuple[str, Bound]] = []
        try:
            for way in self._solver.ways(name, lambda key, text, _: bound.get(key, text) == text):
                texts = [way[key.name][0] if key.name in way else None for key in self._keys]
                one = (self._reported(name, texts), self._bound(texts, bound))
                if one not in found:
                    found.append(one)
                if not (self._binds or self._is_abstract) or len(found) >= MAX_WAYS:
                    break
        except TooManyWays as fault:
            raise UndecidedPath(self._template, shown(name)) from fault
        return found

    def _reported(self, name: str, texts: Sequence[Optional[str]]) -> str:
        if not self._is_abstract:
            return name
        left = iter(texts)
        return "".join(
            part.text if isinstance(part, Text) else self._shown(part, next(left))
            for part in self._parts
            if not isinstance(part, Section)
        )

    def _shown(self, slot: Slot, text: Optional[str]) -> str:
        return self._patterns.get(slot.key.name, text or "")

    def _bound(self, texts: Sequence[Optional[str]], bound: Bound) -> Bound:
        more = {n: text for n, i in self._numbers for text in (texts[i],) if text is not None}
        return {**bound, **more} if more else bound


def _is_needed(parts: Parts, name: str) -> bool:
    return any(isinstance(part, Slot) and part.key.name == name for part in parts)


def _text(parts: Parts, patterns: Mapping[str, str]) -> Optional[str]:
    """The text of parts, if there are only texts and slots with a pattern."""
    pieces: List[str] = []
    for part in parts:
        if isinstance(part, Text):
            pieces.append(part.text)
        elif isinstance(part, Slot) and part.key.name in patterns:
            pieces.append(patterns[part.key.name])
        else:
            return None
    return "".join(pieces)
