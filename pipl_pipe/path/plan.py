"""What a search has to do in each folder, worked out once for all values of the keys given."""

from __future__ import annotations

import functools
from typing import AbstractSet, Dict, FrozenSet, Iterator, List, Optional, Tuple

from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.component import Component
from pipl_pipe.path.parts import Part, Parts, Section, Slot, Text, direct_keys, slots

Names = FrozenSet[str]


class Step:
    """One component, and the plan for what lies below; None below the last."""

    def __init__(self, component: Component, below: Optional[Plan]) -> None:
        self.component = component
        self.below = below


class Plan:
    """The steps from one folder on; several where sections with separators may stand or not."""

    def __init__(self, shared: _Shared, parts: Parts, known: Names) -> None:
        self._shared = shared
        self.parts = parts
        self._known = known

    @functools.cached_property
    def steps(self) -> Tuple[Step, ...]:
        """Made when first needed."""
        return tuple(self._made())

    def _made(self) -> Iterator[Step]:
        shared = self._shared
        for head, after in _heads(self.parts):
            component = Component(
                shared.template,
                head,
                known=self._known,
                needed=shared.repeated,
                patterns=shared.patterns,
            )
            own = {part.key.name for part in head if isinstance(part, Slot)}
            known = self._known | (own & shared.repeated)
            yield Step(component, shared.plan(after, known) if after else None)

    @property
    def is_closed(self) -> bool:
        """Only what is known and patterns are left."""
        closed = self._known | self._shared.patterns
        return all(
            isinstance(part, Text) or (isinstance(part, Slot) and part.key.name in closed)
            for part in self.parts
        )


class _Shared:
    """What all plans of one search have in common; each is made once."""

    def __init__(self, template: str, parts: Parts, patterns: Names) -> None:
        self.template = template
        self.patterns = patterns
        every = [key.name for key, _ in slots(parts)]
        self.repeated = frozenset(n for n in every if every.count(n) > 1) - patterns
        self._plans: Dict[Tuple[Parts, Names], Plan] = {}

    def plan(self, parts: Parts, known: Names) -> Plan:
        return self._plans.setdefault((parts, known), Plan(self, parts, known))


@functools.lru_cache(maxsize=512)
def plan(
    compiled: Compiled, given: Names, *, optional: bool, skipped: Names, patterns: Names
) -> Plan:
    """For a template, the names of keys given, and those whose patterns stand for them."""
    parts = _narrowed(compiled.parts, given | patterns, optional=optional, skipped=skipped)
    return _Shared(compiled.name, parts, patterns).plan(parts, given)


def _narrowed(
    parts: Parts, known: AbstractSet[str], *, optional: bool, skipped: AbstractSet[str]
) -> Parts:
    """The parts with the sections that stand, and those that may."""
    narrowed: List[Part] = []
    for part in parts:
        if not isinstance(part, Section):
            narrowed.append(part)
            continue
        own = direct_keys(part)
        inner = _narrowed(part.parts, known, optional=optional, skipped=skipped)
        if own <= known:
            narrowed += inner
        elif optional or own & skipped:
            narrowed.append(Section(inner))
    return tuple(narrowed)


def _heads(parts: Parts) -> Iterator[Tuple[Parts, Parts]]:
    """The first component and the rest, in each way that sections with separators allow."""
    head: List[Part] = []
    for number, part in enumerate(parts):
        after = parts[number + 1 :]
        if isinstance(part, Text) and "/" in part.text:
            first, _, more = part.text.partition("/")
            rest = (Text(more, part.folded), *after) if more else after
            yield (*head, *((Text(first, part.folded),) if first else ())), rest
            return
        if isinstance(part, Section) and has_separator(part):
            yield from _heads((*head, *part.parts, *after))
            yield from _heads((*head, *after))
            return
        head.append(part)
    yield tuple(head), ()


def has_separator(section: Section) -> bool:
    """The section, or one in it, holds a separator."""
    return any(
        has_separator(part)
        if isinstance(part, Section)
        else isinstance(part, Text) and "/" in part.text
        for part in section.parts
    )
