"""One component of a search: which names in a folder fit it."""

from __future__ import annotations

import re
from typing import (
    AbstractSet,
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
from pipl_pipe.path.parts import Part, Parts, Section, Shape, Slot, Text, slots
from pipl_pipe.path.solver import Solver, TooManyWays
from pipl_pipe.path.text import folded, shown
from pipl_pipe.path.unit import unit

Texts = Dict[str, str]
"""Texts of keys that are known: given, or read from the folders above."""
Matches = Sequence[Tuple[str, Texts]]
"""How a name that fits is reported, and what is known then; several where it fits several ways."""
Matcher = Callable[[str], Matches]
NOTHING: Matches = ()
MAX_WAYS = 64


class Component:
    """The parts between two separators, for whichever values the `known` keys turn out to have.

    Nothing is compiled anew for other values: what stands at the two ends of a name and is known
    is compared, what stands between is matched.
    """

    def __init__(
        self,
        template: str,
        parts: Parts,
        *,
        known: AbstractSet[str],
        needed: AbstractSet[str],
        patterns: AbstractSet[str],
    ) -> None:
        """`needed` are keys whose texts count further below; `patterns` stand for all theirs."""
        self._template = template
        self._parts = parts
        self._patterns = patterns
        self.is_known = _is_all(parts, known)
        """It has one name only, which is `text`."""
        self.is_pattern = not self.is_known and _is_all(parts, known | patterns)
        """Whatever fits is reported as the same, as `text`."""
        self._is_abstract = any(key.name in patterns for key, _ in slots(parts))
        self._solver: Optional[Solver] = None
        if not self.is_known:
            self._prepare(known, needed)

    def text(self, known: Texts) -> str:
        """The parts as text, where each key has one in `known`."""
        return _text(self._parts, known)

    def plain(self, names: List[str], known: Texts) -> Optional[List[str]]:
        """Those of a folder's names that fit; None where there is more to say of them."""
        fits = self._fits
        if fits is None:
            return self._compared(names, known)
        start = _text(self._parts[: self._start], known)
        end = _text(self._parts[self._end :], known)
        if not start and not end:
            return [name for name in names if fits(name) is not None]
        if self._folds:
            return None
        low, high = len(start), len(end)
        least = low + high
        return [
            name
            for name in names
            if name.startswith(start)
            and name.endswith(end)
            and len(name) >= least
            and fits(name[low : len(name) - high]) is not None
        ]

    def _compared(self, names: List[str], known: Texts) -> Optional[List[str]]:
        """Those with a known text within, which each name that fits has in one place only."""
        read, is_bare = self._read, self._start == 0 and self._end == len(self._parts)
        if read is None or not is_bare or not self._is_compared or len(self._numbers) != 1:
            return None
        ((key, number),) = self._numbers
        text, group = known[key], number + 1
        return [
            name
            for name in names
            if text in name
            for match in (read(name),)
            if match is not None and match[group] == text
        ]

    def matcher(self, known: Texts) -> Matcher:
        """For the names of one folder. The matcher raises UndecidedPath."""
        start = _text(self._parts[: self._start], known)
        end = _text(self._parts[self._end :], known)
        if not start and not end:
            return lambda name: self._middle(name, name, known)
        low, high = len(start), len(end)

        def match(name: str) -> Matches:
            if len(name) < low + high:
                return NOTHING
            if not name.startswith(start) or not name.endswith(end):
                if not self._folds:
                    return NOTHING
                head, tail = name[:low], name[len(name) - high :]
                if not self._is_same(self._parts[: self._start], head, start, known):
                    return NOTHING
                if not self._is_same(self._parts[self._end :], tail, end, known):
                    return NOTHING
            return self._middle(name, name[low : len(name) - high], known)

        return match

    def _prepare(self, known: AbstractSet[str], needed: AbstractSet[str]) -> None:
        self._start, self._end = _ends(self._parts, known)
        outer = (*self._parts[: self._start], *self._parts[self._end :])
        self._folds = any(isinstance(part, Text) and part.folded for part in outer)
        middle = self._parts[self._start : self._end]
        self._inner = middle
        one = unit(middle, frozenset())
        self._keys = [key for key, _ in slots(middle)]
        names = [key.name for key in self._keys]
        self._numbers = [(n, i) for i, n in enumerate(names) if n in needed or n in known]
        self._checks = [(i, memo.Read(k)) for i, k in enumerate(self._keys) if not k.is_exact]
        self._is_exact = one.exact
        self._is_plain = (
            one.is_quick
            and not self._checks
            and not self._numbers
            and not self._is_abstract
            and len(set(names)) == len(names)
        )
        self._is_compared = (
            one.exact
            and not self._checks
            and not self._is_abstract
            and all(name in known for name, _ in self._numbers)
        )
        own = of_parts(middle, lambda slot: f"(?:{of_shape(slot.key.shape)})")
        self._fits = re.compile(own, re.DOTALL).fullmatch if self._is_plain else None
        self._read: Optional[Callable[[str], Optional[Match[str]]]] = None
        if one.shapes is not None:
            left: Iterator[Shape] = iter(one.shapes)
            grouped = of_parts(middle, lambda slot: f"({of_shape(next(left))})")
            self._read = re.compile(grouped, re.DOTALL).fullmatch

    def _middle(self, name: str, inner: str, known: Texts) -> Matches:
        if self._fits is not None:
            return ((name, known),) if self._fits(inner) is not None else NOTHING
        match = self._read(inner) if self._read is not None else None
        if match is not None:
            texts = match.groups()
            if self._holds(texts, known):
                return ((self._reported(name, texts, known), self._bound(texts, known)),)
        return NOTHING if self._is_exact else self._solved(name, inner, known)

    def _holds(self, texts: Sequence[Optional[str]], known: Texts) -> bool:
        for name, number in self._numbers:
            text = texts[number]
            if text is not None and known.get(name, text) != text:
                return False
        try:
            for number, read in self._checks:
                text = texts[number]
                if text is not None:
                    read[text]
        except InvalidValue:
            return False
        return True

    def _solved(self, name: str, inner: str, known: Texts) -> Matches:
        if self._solver is None:
            self._solver = Solver(graph(self._inner))
        found: List[Tuple[str, Texts]] = []
        try:
            for way in self._solver.ways(
                inner,
                lambda key, text, _: key in self._patterns or known.get(key, text) == text,
            ):
                texts = [way[key.name][0] if key.name in way else None for key in self._keys]
                one = (self._reported(name, texts, known), self._bound(texts, known))
                if one not in found:
                    found.append(one)
                if not (self._numbers or self._is_abstract) or len(found) >= MAX_WAYS:
                    break
        except TooManyWays as fault:
            raise UndecidedPath(self._template, shown(name)) from fault
        return found

    def _reported(self, name: str, texts: Sequence[Optional[str]], known: Texts) -> str:
        if not self._is_abstract:
            return name
        read = {key.name: text for key, text in zip(self._keys, texts) if text is not None}
        return _text(self._parts, {**read, **known})

    def _bound(self, texts: Sequence[Optional[str]], known: Texts) -> Texts:
        more = {
            n: text
            for n, i in self._numbers
            for text in (texts[i],)
            if text is not None and n not in self._patterns
        }
        return {**known, **more} if more else known

    def _is_same(self, parts: Parts, text: str, wanted: str, known: Texts) -> bool:
        """The text is what is wanted, but for the case of fixed text that ignores it."""
        if text == wanted:
            return True
        at = 0
        for part in parts:
            own = part.text if isinstance(part, Text) else _text((part,), known)
            found = text[at : at + len(own)]
            ignores = isinstance(part, Text) and part.folded
            if found != own and not (ignores and folded(found) == folded(own)):
                return False
            at += len(own)
        return True


def _ends(parts: Parts, known: AbstractSet[str]) -> Tuple[int, int]:
    """How far known keys reach from the start, and from where on to the end."""

    def is_fixed(part: Part) -> bool:
        return isinstance(part, Text) or _is_bound(part)

    def _is_bound(part: Part) -> bool:
        return isinstance(part, Slot) and part.key.name in known

    start = 0
    for number, part in enumerate(parts):
        if not is_fixed(part):
            break
        start = number + 1 if _is_bound(part) else start
    end = len(parts)
    for number in range(len(parts) - 1, start - 1, -1):
        if not is_fixed(parts[number]):
            break
        end = number if _is_bound(parts[number]) else end
    return start, end


def _is_all(parts: Parts, known: AbstractSet[str]) -> bool:
    return all(
        isinstance(part, Text) or (isinstance(part, Slot) and part.key.name in known)
        for part in parts
    )


def _text(parts: Parts, texts: Mapping[str, str]) -> str:
    return "".join(
        part.text if isinstance(part, Text) else texts[part.key.name]
        for part in parts
        if not isinstance(part, Section)
    )
