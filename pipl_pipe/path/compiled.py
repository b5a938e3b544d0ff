"""A template, compiled once: reads fields from texts and writes texts from fields."""

from __future__ import annotations

import functools
import re
from operator import getitem
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    Match,
    Optional,
    Set,
    Tuple,
)

from pipl_pipe.errors import (
    AmbiguousPath,
    InvalidTemplate,
    InvalidValue,
    PathMismatch,
    PathTooLong,
    UndecidedPath,
)
from pipl_pipe.path import memo
from pipl_pipe.path.graph import graph
from pipl_pipe.path.parts import (
    Fields,
    Key,
    Parts,
    keys_of,
    slots,
)
from pipl_pipe.path.reader import Expression, expression_of
from pipl_pipe.path.settled import depend, joined, settled, text_problem
from pipl_pipe.path.solver import Solver, TooManyWays
from pipl_pipe.path.text import MAX_PATH, folded, shown
from pipl_pipe.path.unit import Unit, split, unit
from pipl_pipe.path.writer import Writer

MAX_SLOTS = 100


class Compiled:
    """What a notation's front end makes of a definition: `Compiled("maya_work", parts)`.

    Texts have `/` between their components (see `text.normal`). Where `prefixes` are given, a
    text read starts with one of them, in any case (`/mnt/show/`, `p:/`); they are not written.
    Reading takes linear time in the text whatever it holds, and compiling in the parts.
    """

    name: str
    parts: Parts
    keys: Mapping[str, Key]
    """By name, in order of first appearance."""
    optional: FrozenSet[str]
    """The names of keys that stand in sections only."""
    writer: Writer
    """What `write` calls."""
    is_dependent: bool
    """A key of a section stands elsewhere too, so that one place tells of the other."""
    fullmatch: Callable[[str], Optional[Match[str]]]
    """A first look, with one regular expression: a text for which it gives None does not fit."""

    def __init__(
        self,
        name: str,
        parts: Parts,
        prefixes: Tuple[str, ...] = (),
        agree: Optional[Callable[[Fields], bool]] = None,
    ) -> None:
        """`agree` says whether the values of different keys can stand together, where not all
        can. Raises InvalidTemplate."""
        self.name = name
        self.agree = agree
        self.parts = joined(parts)
        self.prefixes = prefixes or ("",)
        self._check()
        self.parts = parts = joined(settled(self.parts, frozenset()))
        self.keys = keys_of(parts)
        found = list(slots(parts))
        self.optional = frozenset(self.keys) - {key.name for key, within in found if not within}
        self.is_dependent = depend(parts)
        self.writer = Writer(name, parts)
        self._solver: Optional[Solver] = None
        self.fullmatch = self._first_match

    @functools.cached_property
    def units(self) -> Tuple[Unit, ...]:
        """How each component is read."""
        return tuple(_units(self.parts))

    @functools.cached_property
    def expression(self) -> Expression:
        """What a text is matched with first; compiled when first used."""
        return expression_of(self.prefixes, self.units)

    def read(self, text: str) -> Fields:
        """The fields from which `write` would make this text.

        Raises PathMismatch (`.column`, 0-based, is where it stopped fitting), AmbiguousPath with
        two readings, PathTooLong, UndecidedPath.
        """
        fields = self.read_or_none(text)
        if fields is None:
            if len(text) > MAX_PATH:
                raise PathTooLong(shown(text), len(text), MAX_PATH)
            raise PathMismatch(self.name, shown(text), self._column(text))
        return fields

    def read_or_none(self, text: str) -> Optional[Fields]:
        """Like `read`, with None for what does not fit or is too long.

        Raises AmbiguousPath, UndecidedPath.
        """
        match = self.fullmatch(text)
        return None if match is None else self.fields_of(match)

    def fields_of(self, match: Match[str]) -> Optional[Fields]:
        """The fields of what `fullmatch` gave. Raises AmbiguousPath, UndecidedPath."""
        if match.lastindex != self._doubtful:
            try:
                if self._is_whole:
                    return dict(zip(self._names, map(getitem, self._memos, match.groups())))
                found = {
                    name: memo[text]
                    for name, memo, text in zip(self._names, self._memos, match.groups())
                    if text is not None
                }
                return found if self.agree is None or self.agree(found) else None
            except InvalidValue:
                if self._is_exact:
                    return None
        text = match.string
        readings = self.readings(text)
        if len(readings) > 1:
            raise AmbiguousPath(self.name, shown(text), readings[0], readings[1])
        return readings[0] if readings else None

    def readings(
        self, text: str, given: Optional[Mapping[str, Any]] = None, limit: int = 2
    ) -> List[Fields]:
        """Every way to read the text, at most `limit`, in which the values `given` are found.

        Values for keys that the template does not have do not count. Raises UndecidedPath.
        """
        if len(text) > MAX_PATH:
            return []
        try:
            wanted = {
                name: key.read(key.write(given[name]))
                for name, key in self.keys.items()
                if given and given.get(name) is not None
            }
        except InvalidValue:
            return []
        found: List[Fields] = []
        try:
            for rest in self._rests(text):
                for fields in self._read(rest, wanted):
                    if fields not in found:
                        found.append(fields)
                    if len(found) >= limit:
                        return found
        except TooManyWays as fault:
            raise UndecidedPath(self.name, shown(text)) from fault
        return found

    def fits(self, text: str) -> bool:
        """There is a reading, or several. Raises UndecidedPath."""
        try:
            return self.read_or_none(text) is not None
        except AmbiguousPath:
            return True

    def missing(self, fields: Mapping[str, Any], *, skip_defaults: bool = False) -> List[str]:
        """Keys needed that are not given, or given as None, in the template's order."""
        return [
            name
            for name, key in self.keys.items()
            if name not in self.optional
            and fields.get(name) is None
            and not (skip_defaults and key.has_default())
        ]

    def write(self, fields: Mapping[str, Any]) -> str:
        """The text of these fields; others may be there too. Defaults stand in for needed ones.

        Raises MissingFields, InvalidValue, PathTooLong.
        """
        return self.writer.write(fields)

    def _first_match(self, text: str) -> Optional[Match[str]]:
        expression = self.expression
        self._is_exact = expression.is_exact
        self._doubtful = expression.doubtful
        self._names = tuple(key.name for key in expression.keys)
        self._memos = tuple(memo.Read(key) for key in expression.keys)
        self._is_whole = not self.optional and self.agree is None
        self.fullmatch = re.compile(expression.text, re.DOTALL).fullmatch
        return self.fullmatch(text)

    def _read(self, rest: str, wanted: Mapping[str, Any]) -> Iterator[Fields]:
        """Each reading without prefix, some perhaps more than once."""
        for way in self._solved().ways(rest, lambda key, _, v: wanted.get(key, v) == v):
            texts = {name: text for name, (text, _) in way.items()}
            if self.is_dependent and folded(self.writer.joined(texts)) != folded(rest):
                continue
            fields = {name: way[name][1] for name in self.keys if name in way}
            if wanted.keys() <= fields.keys() and (self.agree is None or self.agree(fields)):
                yield fields

    def _solved(self) -> Solver:
        if self._solver is None:
            self._solver = Solver(graph(self.parts))
        return self._solver

    def _rests(self, text: str) -> List[str]:
        lowered = folded(text)
        return [
            text[len(prefix) :] for prefix in self.prefixes if lowered.startswith(folded(prefix))
        ]

    def _column(self, text: str) -> int:
        rests = self._rests(text)
        if rests:
            return max(len(text) - len(rest) + self._solved().reached(rest) for rest in rests)
        lowered = folded(text)
        return max(_shared(folded(prefix), lowered) for prefix in self.prefixes)

    def _check(self) -> None:
        """Raises InvalidTemplate for what no notation can mean."""
        shown_as = "".join(str(getattr(part, "text", "…")) for part in self.parts)
        count = sum(1 for _ in slots(self.parts))
        known: Dict[str, Key] = {}
        problem = ""
        for key, _ in slots(self.parts):
            if known.setdefault(key.name, key) is not key:
                problem = f"two different keys are called {key.name!r}"
        if count > MAX_SLOTS:
            problem = f"it has {count} keys, more than {MAX_SLOTS}"
        problem = problem or text_problem(self.parts)
        if problem:
            raise InvalidTemplate(self.name, shown(shown_as), 0, problem)

    def __repr__(self) -> str:
        return f"<Compiled {self.name}>"


def _units(parts: Parts) -> List[Unit]:
    units: List[Unit] = []
    if depend(parts):
        return [Unit(one, None, exact=False, is_quick=False) for one in split(parts)]
    bound: Set[str] = set()
    for one in split(parts):
        made = unit(one, frozenset(bound))
        units.append(made)
        if made.shapes is not None:
            bound |= {key.name for key, within in slots(one) if not within}
    return units


def _shared(first: str, second: str) -> int:
    """How many characters two texts begin with alike."""
    for number, (one, other) in enumerate(zip(first, second)):
        if one != other:
            return number
    return min(len(first), len(second))
