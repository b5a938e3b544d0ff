"""Every way to read a text, exactly and without trying them one by one.

Going forward, the positions that each state can be reached at are bits of one number, so that
a step over all of them costs a few operations on numbers as long as the text. Going back from
the end, only positions that lie on a reading are visited; the keys then decide.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple, Union

from pipl_pipe.errors import InvalidValue
from pipl_pipe.path.characters import Characters
from pipl_pipe.path.graph import Edge, Graph
from pipl_pipe.path.parts import Run
from pipl_pipe.path.text import folded

MAX_STEPS = 5_000
"""Values tried before giving up. Only keys that refuse texts of their own
shape (an expression, exclusions, agreement with themselves) can make many be tried."""


Way = Dict[str, Tuple[str, Any]]
"""Name to text and value."""
Accepts = Callable[[str, str, Any], bool]
"""Asked with a key's name, a text and its value."""


class TooManyWays(Exception):
    """MAX_STEPS was reached."""


class Solver:
    """Reads texts by a graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._entering: Dict[int, List[Edge]] = {}
        for edge in graph.edges:
            self._entering.setdefault(edge.target, []).append(edge)
        runs = [edge.takes for edge in graph.edges if isinstance(edge.takes, Run)]
        classes = {one for run in runs for one in (run.characters, run.first or run.characters)}
        self._tables = {characters: _Table(characters) for characters in classes}

    def reached(self, text: str) -> int:
        """How far the text can be read, in characters: where it stops fitting."""
        reached = self._forward(text)
        lowered = folded(text)
        furthest = 0
        for edge in self._graph.edges:
            start = reached[edge.source].bit_length() - 1
            if start >= 0 and edge.takes is not None:
                stop = start + _taken(edge.takes, lowered if edge.folded else text, start)
                furthest = max(furthest, start, stop)
        return furthest

    def ways(self, text: str, accepts: Accepts) -> Iterator[Way]:
        """Every way to read the text in which each value is accepted. Raises TooManyWays."""
        reached = self._forward(text)
        if not reached[self._graph.last] >> len(text) & 1:
            return iter(())
        walk = _Walk(self._graph, self._entering, reached, self._masks(text), text, accepts)
        return walk.ways(self._graph.last, len(text), {})

    def _masks(self, text: str) -> Dict[Characters, int]:
        """For each set of characters, a number whose bit i tells that character i is in it."""
        backwards = text[::-1]
        return {
            characters: int(backwards.translate(table) or "0", 2)
            for characters, table in self._tables.items()
        }

    def _forward(self, text: str) -> List[int]:
        lowered = folded(text)
        masks = self._masks(text)
        reached = [0] * (self._graph.last + 1)
        reached[0] = 1
        for edge in self._graph.edges:
            start = reached[edge.source]
            if start:
                reached[edge.target] |= _after(edge, start, lowered if edge.folded else text, masks)
        return reached


class _Table(Dict[int, str]):
    """For str.translate: `1` for the characters of a set, else `0`; asked once for each."""

    def __init__(self, characters: Characters) -> None:
        super().__init__()
        self._characters = characters

    def __missing__(self, point: int) -> str:
        self[point] = found = "1" if chr(point) in self._characters else "0"
        return found


def _after(edge: Edge, start: int, text: str, masks: Mapping[Characters, int]) -> int:
    """Where an edge leads from a set of positions."""
    takes = edge.takes
    if takes is None:
        return start
    if isinstance(takes, str):
        found, position = 0, text.find(takes)
        while position >= 0:
            found |= 1 << position
            position = text.find(takes, position + 1)
        return (start & found) << len(takes)
    mask = masks[takes.characters]
    if takes.first is not None:
        start &= masks[takes.first]
    for _ in range(takes.shortest):
        start = (start & mask) << 1
        if not start:
            return 0
    if takes.longest is None:
        # Adding carries through the run that a position stands before: all its ends at once.
        return (((start & mask) + mask) ^ mask) | start
    for _ in range(takes.longest - takes.shortest):
        start |= (start & mask) << 1
    return start


def _taken(takes: Union[str, Run], text: str, start: int) -> int:
    """How many characters from `start` on fit, though perhaps not all that are needed."""
    count = 0
    if isinstance(takes, str):
        while text[start : start + count + 1] == takes[: count + 1] and count < len(takes):
            count += 1
        return count
    end = len(text) if takes.longest is None else min(len(text), start + takes.longest)
    if takes.first is not None and start < end and text[start] not in takes.first:
        return 0
    while start + count < end and text[start + count] in takes.characters:
        count += 1
    return count


class _Walk:
    """One text, read backwards."""

    def __init__(
        self, graph: Graph, entering: Mapping[int, List[Edge]], reached: List[int],
        masks: Mapping[Characters, int], text: str, accepts: Accepts,
    ) -> None:  # fmt: skip
        self._graph = graph
        self._entering = entering
        self._reached = reached
        self._masks = masks
        self._text = text
        self._lowered = folded(text)
        self._accepts = accepts
        self._read: Dict[Tuple[int, int, int], Tuple[bool, Any]] = {}
        self._steps = 0
        names = [key.name for key in graph.keys]
        self._repeated = {name for name in names if names.count(name) > 1}
        self._dead: set[Any] = set()

    def ways(self, state: int, end: int, bound: Way) -> Iterator[Way]:
        """Each way to read the text up to `end`, with what stands after it bound."""
        if state == 0:
            yield bound
            return
        known = tuple((name, bound[name][0]) for name in self._repeated if name in bound)
        if (state, end, known) in self._dead:
            return
        alive = False
        for edge in self._entering[state]:
            for start in self._starts(edge, end):
                more = bound
                if edge.slot is not None:
                    text = self._text[start:end]
                    fits, value = self._value(edge.slot, start, end)
                    name = self._graph.keys[edge.slot].name
                    if not fits or (name in bound and bound[name][0] != text):
                        continue
                    more = {**bound, name: (text, value)}
                for way in self.ways(edge.source, start, more):
                    alive = True
                    yield way
        if not alive:
            self._dead.add((state, end, known))

    def _starts(self, edge: Edge, end: int) -> Iterator[int]:
        """From where the edge leads to `end`, the nearest first."""
        takes = edge.takes
        if takes is None or isinstance(takes, str):
            start = end - len(takes or "")
            text = self._lowered if edge.folded else self._text
            is_reached = start >= 0 and self._reached[edge.source] >> start & 1
            if is_reached and (takes is None or text.startswith(takes, start)):
                yield start
            return
        outside = ~self._masks[takes.characters] & ((1 << end) - 1)
        low = outside.bit_length()
        if takes.longest is not None:
            low = max(low, end - takes.longest)
        high = end - takes.shortest
        if high < low:
            return
        allowed = self._reached[edge.source]
        if takes.first is not None:
            allowed &= self._masks[takes.first]
        positions = allowed >> low & ((1 << (high - low + 1)) - 1)
        while positions:
            top = positions.bit_length() - 1
            yield low + top
            positions ^= 1 << top

    def _value(self, slot: int, start: int, end: int) -> Tuple[bool, Any]:
        spot = (slot, start, end)
        if spot not in self._read:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TooManyWays
            key = self._graph.keys[slot]
            try:
                text = self._text[start:end]
                value = key.read(text)
                self._read[spot] = self._accepts(key.name, text, value), value
            except InvalidValue:
                self._read[spot] = False, None
        return self._read[spot]
