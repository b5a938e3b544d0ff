"""Many templates, indexed so that finding the one of a path does not try them all."""

from __future__ import annotations

import functools
from typing import (
    Dict,
    FrozenSet,
    Generic,
    Iterable,
    Iterator,
    List,
    Mapping,
    Protocol,
    Tuple,
    TypeVar,
)

from pipl_pipe.errors import InvalidCatalog, UnknownTemplate
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.parts import Part, Parts, Section, Text
from pipl_pipe.path.text import folded
from pipl_pipe.path.unit import fixed, split

_NEAR = 12
"""Characters of a path that most often tell its root."""
_REMEMBERED = 1024


class Named(Protocol):
    """What a catalog holds: a notation's template, with what the engine made of it."""

    @property
    def name(self) -> str: ...

    @property
    def compiled(self) -> Compiled: ...


T = TypeVar("T", bound=Named)


class Catalog(Mapping[str, T], Generic[T]):
    """Name to template, in the order given. Looking up raises UnknownTemplate (a KeyError)."""

    def __init__(self, templates: Iterable[T]) -> None:
        """Raises InvalidCatalog for two of one name."""
        every = tuple(templates)
        self._named: Dict[str, T] = {one.name: one for one in every}
        if len(self._named) < len(every):
            names = [one.name for one in every]
            twice = sorted({name for name in names if names.count(name) > 1})
            problems = tuple(f"there are several templates {name!r}" for name in twice)
            raise InvalidCatalog("catalog", problems)
        self._near: Dict[str, Tuple[Tuple[str, _Index[T]], ...]] = {}

    @functools.cached_property
    def _indexes(self) -> Tuple[Tuple[str, _Index[T]], ...]:
        """Root in lower case and index, made when a path is first asked for."""
        indexes: Dict[FrozenSet[str], _Index[T]] = {}
        for one in self._named.values():
            prefixes = frozenset(folded(prefix) for prefix in one.compiled.prefixes)
            indexes.setdefault(prefixes, _Index()).add(one)
        return tuple((prefix, index) for prefixes, index in indexes.items() for prefix in prefixes)

    @functools.cached_property
    def _order(self) -> Dict[str, int]:
        return {name: number for number, name in enumerate(self._named)}

    def __getitem__(self, name: str) -> T:
        try:
            return self._named[name]
        except KeyError:
            raise UnknownTemplate(name, tuple(sorted(self._named))) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def of(self, text: str) -> List[T]:
        """Every template that can have made a text (with `/`), in the catalog's order.

        Raises UndecidedPath.
        """
        lowered = folded(text)
        start = lowered[:_NEAR]
        near = self._near.get(start)
        if near is None:
            near = self._remember(start)
        found: List[T] = []
        for prefix, index in near:
            if lowered.startswith(prefix):
                candidates = index.candidates(lowered[len(prefix) :].split("/"))
                found += [one for one in candidates if one.compiled.fits(text)]
        if len(near) > 1 and len(found) > 1:
            found = sorted(
                {one.name: one for one in found}.values(), key=lambda one: self._order[one.name]
            )
        return found

    def _remember(self, start: str) -> Tuple[Tuple[str, _Index[T]], ...]:
        """The roots that paths with this start can lie below."""
        near = tuple(
            (prefix, index)
            for prefix, index in self._indexes
            if prefix.startswith(start) or start.startswith(prefix)
        )
        if len(self._near) >= _REMEMBERED:
            self._near.clear()
        self._near[start] = near
        return near


class _Index(Generic[T]):
    """The templates below one root, by depth; sets of them are bits of a number."""

    def __init__(self) -> None:
        self._templates: List[T] = []
        self._depths: Dict[int, List[_Level]] = {}
        self._sets: Dict[int, Tuple[T, ...]] = {0: ()}

    def add(self, template: T) -> None:
        bit = 1 << len(self._templates)
        self._templates.append(template)
        self._sets = {0: ()}
        units = split(template.compiled.parts)
        low, high = _depths(template.compiled.parts)
        for depth in range(low, high + 1):
            levels = self._depths.setdefault(depth, [_Level() for _ in range(depth)])
            for number, level in enumerate(levels):
                if low == high:
                    level.add(units[number], bit)
                else:
                    level.any |= bit
                    level.without_ending |= bit

    def candidates(self, components: List[str]) -> Tuple[T, ...]:
        """Those that these components (in lower case) do not rule out, in the catalog's order."""
        levels = self._depths.get(len(components))
        if levels is None:
            return ()
        last = levels[-1]
        ending = components[-1].rpartition(".")[2]
        bits = last.endings.get(ending, 0) | last.without_ending
        for level, component in zip(levels, components):
            if level.exact:
                bits &= level.exact.get(component, 0) | level.any
        found = self._sets.get(bits)
        if found is None:
            found = tuple(one for number, one in enumerate(self._templates) if bits >> number & 1)
            self._sets[bits] = found
        return found


class _Level:
    """What templates have as one component, each a bit."""

    def __init__(self) -> None:
        self.exact: Dict[str, int] = {}
        """Text in lower case to those that have exactly it."""
        self.any = 0
        """Those that have keys there."""
        self.endings: Dict[str, int] = {}
        """Text after the last dot to those that end in it, where all of their texts do."""
        self.without_ending = 0
        """All others."""

    def add(self, unit: Parts, bit: int) -> None:
        known = fixed(unit)
        if known is not None:
            text = folded(known)
            self.exact[text] = self.exact.get(text, 0) | bit
            self.without_ending |= bit
            return
        self.any |= bit
        last = unit[-1]
        if isinstance(last, Text) and "." in last.text:
            ending = folded(last.text.rpartition(".")[2])
            self.endings[ending] = self.endings.get(ending, 0) | bit
        else:
            self.without_ending |= bit


def _depths(parts: Parts) -> Tuple[int, int]:
    """How many components a template's texts have, at least and at most."""
    low = high = 1
    for part in parts:
        fewer, more = _separators(part)
        low, high = low + fewer, high + more
    return low, high


def _separators(part: Part) -> Tuple[int, int]:
    if isinstance(part, Text):
        count = part.text.count("/")
        return count, count
    if isinstance(part, Section):
        return 0, sum(_separators(one)[1] for one in part.parts)
    return 0, 0
