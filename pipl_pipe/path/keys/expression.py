"""Regular expressions that users give for values, matched in bounded time."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, Match, Optional, Pattern, Set

from pipl_pipe.path.keys.sample import sample
from pipl_pipe.path.text import shown

MAX_STEPS = 100_000
"""Places of a text looked at, over all parts of an expression; some 50 ms."""
MAX_REPEATS = 2
"""Of variable length, one after the other: as many as `re` is asked to try all lengths of."""
_ATOMS = ("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")

# Python parses its expressions in a module that has had two names; both have these functions.
_IS_NEW = sys.version_info >= (3, 11)
_parser = importlib.import_module("re._parser" if _IS_NEW else "sre_parse")
_compiler = importlib.import_module("re._compiler" if _IS_NEW else "sre_compile")


_Match = Callable[[str, int], Optional[Match[str]]]


class TooSlow(ValueError):
    """An expression, or an expression with a text, for which there is no bound."""


class Expression:
    """A regular expression that fits whole texts.

    `re` tries one way after the other: `(a+)+b` takes years for sixty `a`. Expressions that may
    be like that are followed along all ways at once, which takes the text's length times theirs.
    """

    def __init__(self, source: str, flags: int = 0) -> None:
        """Raises TooSlow for back references and the like among repeats in repeats, `re.error`,
        OverflowError, RecursionError.
        """
        self.pattern: Pattern[str] = re.compile(source, flags)
        self._parsed = _parser.parse(source, flags)
        self._atoms = _Atoms(self._parsed)
        self._is_risky = _is_risky(self._parsed)
        if self._is_risky and not _is_regular(self._parsed):
            raise TooSlow("repeats within repeats, with references or flags of a part")

    def fits(self, text: str) -> bool:
        """The whole text. Raises TooSlow."""
        if not self._is_risky:
            return self.pattern.fullmatch(text) is not None
        return _Ways(self._parsed, text, self._atoms).lead_through()

    def fullmatch(self, text: str) -> Optional[Match[str]]:
        """Not looked for where nothing fits. Raises TooSlow."""
        return self.pattern.fullmatch(text) if not self._is_risky or self.fits(text) else None

    def samples(self, count: int) -> Iterator[str]:
        """Texts that it may fit, of which some may be alike."""
        for variant in range(count):
            yield sample(self._parsed, self._atoms.takes, variant)


class _Atoms:
    """What matches one character or place, for each such node of an expression."""

    def __init__(self, parsed: Any) -> None:
        self._parsed = parsed
        self._known: Dict[int, _Match] = {}

    def match(self, node: Any) -> _Match:
        known = self._known.get(id(node))
        if known is None:
            alone = _parser.SubPattern(self._parsed.state, [node])
            known = self._known[id(node)] = _compiler.compile(alone, 0).match
        return known

    def takes(self, node: Any, character: str) -> bool:
        return self.match(node)(character, 0) is not None


class _Ways:
    """All ways to match a text, followed at once."""

    def __init__(self, parsed: Any, text: str, atoms: _Atoms) -> None:
        self._parsed, self._text, self._atoms, self._steps = parsed, text, atoms, 0

    def lead_through(self) -> bool:
        """Raises TooSlow."""
        return len(self._text) in self._ends(self._parsed, {0})

    def _ends(self, nodes: Iterable[Any], starts: Set[int]) -> Set[int]:
        for node in nodes:
            if not starts:
                break
            self._count(len(starts))
            starts = self._after(node, starts)
        return starts

    def _after(self, node: Any, starts: Set[int]) -> Set[int]:
        kind, value = str(node[0]), node[1]
        if kind in _REPEATS:
            return self._repeated(int(value[0]), int(value[1]), value[2], starts)
        if kind == "SUBPATTERN":
            return self._ends(value[3], starts)
        if kind == "BRANCH":
            return set().union(*(self._ends(one, starts) for one in value[1]))
        if kind in ("ASSERT", "ASSERT_NOT"):
            wanted = kind == "ASSERT"
            return {start for start in starts if self._stands(value, start) is wanted}
        match = self._atoms.match(node)
        found = (match(self._text, start) for start in starts)
        return {one.end() for one in found if one is not None}

    def _repeated(self, least: int, most: int, nodes: Any, starts: Set[int]) -> Set[int]:
        for _ in range(least):
            before, starts = starts, self._ends(nodes, starts)
            if starts == before:
                break
        found, count = set(starts), least
        while starts and count < most:
            starts = self._ends(nodes, starts) - found
            found |= starts
            count += 1
        return found

    def _stands(self, around: Any, start: int) -> bool:
        direction, nodes = around
        if direction > 0:
            return bool(self._ends(nodes, {start}))
        before = start - int(nodes.getwidth()[0])
        return before >= 0 and start in self._ends(nodes, {before})

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooSlow(f"{shown(self._text, 60)!r} has too many ways to match it")


def _is_risky(nodes: Any) -> bool:
    """A repeat in a repeat, alternatives in one, or many one after the other."""
    repeats = [one for one in _walk(nodes) if str(one[0]) in _REPEATS and int(one[1][1]) > 1]
    inner = (inside for one in repeats for inside in _walk(one[1][2]))
    return sum(map(_is_variable, repeats)) > MAX_REPEATS or any(
        _is_variable(one) or str(one[0]) == "BRANCH" for one in inner
    )


def _is_variable(node: Any) -> bool:
    return str(node[0]) in _REPEATS and int(node[1][1]) - int(node[1][0]) > 0


def _is_regular(nodes: Any) -> bool:
    known = {*_ATOMS, *_REPEATS, "SUBPATTERN", "BRANCH", "ASSERT", "ASSERT_NOT"}
    return all(
        str(one[0]) in known and not (str(one[0]) == "SUBPATTERN" and (one[1][1] or one[1][2]))
        for one in _walk(nodes)
    )


def _walk(nodes: Any) -> Iterable[Any]:
    """Every node, those in others too."""
    for node in nodes:
        yield node
        kind, value = str(node[0]), node[1]
        if kind in (*_REPEATS, "POSSESSIVE_REPEAT"):
            yield from _walk(value[2])
        elif kind == "SUBPATTERN":
            yield from _walk(value[3])
        elif kind == "BRANCH":
            for one in value[1]:
                yield from _walk(one)
        elif kind in ("ASSERT", "ASSERT_NOT"):
            yield from _walk(value[1])
        elif kind == "ATOMIC_GROUP":
            yield from _walk(value)
        elif kind == "GROUPREF_EXISTS":
            yield from _walk(value[1])
            yield from _walk(value[2] or ())
