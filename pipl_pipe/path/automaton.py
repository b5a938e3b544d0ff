"""What two graphs have in common, character by character, found without trying texts."""

from __future__ import annotations

from collections import deque
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple

from pipl_pipe.path.characters import LAST, Characters
from pipl_pipe.path.graph import Edge, Graph
from pipl_pipe.path.parts import Run
from pipl_pipe.path.text import folded

_PLEASANT = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-."


class Spot(NamedTuple):
    """Within an edge, after `taken` characters; edge -1 is the graph's end."""

    edge: int
    taken: int


class Move(NamedTuple):
    spot: Spot
    slot: Optional[int]
    begins: bool
    """The character is the first of its slot's value."""


class Automaton:
    """A graph, read one character at a time. Keys count by their shapes alone."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._leaving: Dict[int, List[int]] = {}
        for number, edge in enumerate(graph.edges):
            self._leaving.setdefault(edge.source, []).append(number)
        self._moves: Dict[Tuple[Spot, str], Tuple[Move, ...]] = {}
        self.starts = self._from(0)

    def moves(self, spot: Spot, character: str) -> Tuple[Move, ...]:
        """What may follow a spot when it takes a character."""
        key = (spot, character)
        if key not in self._moves:
            self._moves[key] = tuple(self._found(spot, character))
        return self._moves[key]

    def _found(self, spot: Spot, character: str) -> Iterator[Move]:
        if spot.edge < 0:
            return
        edge = self._graph.edges[spot.edge]
        takes, taken = edge.takes, spot.taken + 1
        if isinstance(takes, str):
            wanted = takes[spot.taken]
            if (folded(character) if edge.folded else character) != wanted:
                return
            done, further = taken == len(takes), taken < len(takes)
        else:
            assert takes is not None
            if character not in takes.characters:
                return
            if taken == 1 and takes.first is not None and character not in takes.first:
                return
            done = taken >= takes.shortest
            further = takes.longest is None or taken < takes.longest
            if takes.longest is None:
                taken = min(taken, max(takes.shortest, 1))
        begins = spot.taken == 0 and edge.slot is not None
        if further:
            yield Move(Spot(spot.edge, taken), edge.slot, begins)
        if done:
            for following in self._from(edge.target):
                yield Move(following, edge.slot, begins)

    def _from(self, state: int) -> Tuple[Spot, ...]:
        """The spots before the characters that can come next in a state."""
        found: Set[Spot] = set()
        todo, seen = [state], {state}
        while todo:
            state = todo.pop()
            if state == self._graph.last:
                found.add(Spot(-1, 0))
            for number in self._leaving.get(state, ()):
                edge = self._graph.edges[number]
                if edge.takes is not None:
                    found.add(Spot(number, 0))
                elif edge.target not in seen:
                    seen.add(edge.target)
                    todo.append(edge.target)
        return tuple(sorted(found))


Pair = Tuple[Spot, Spot, bool]


def common(first: Graph, second: Graph, *, differently: bool, limit: int) -> Tuple[bool, str]:
    """Whether a text fits both graphs, and a shortest one.

    `differently`: the first reads it with other bounds of values than the second. After `limit`
    pairs of spots the answer is (True, ""): perhaps.
    """
    one, two = Automaton(first), Automaton(second)
    characters = _representatives(first, second)
    before: Dict[Pair, Optional[Tuple[Pair, str]]] = {
        (a, b, not differently): None for a in one.starts for b in two.starts
    }
    todo = deque(before)
    while todo:
        pair = todo.popleft()
        a, b, differs = pair
        if a.edge < 0 and b.edge < 0 and differs:
            return True, _text(pair, before)
        if len(before) > limit:
            return True, ""
        for character in characters:
            for left in one.moves(a, character):
                for right in two.moves(b, character):
                    now = differs or (left.slot, left.begins) != (right.slot, right.begins)
                    following = (left.spot, right.spot, now)
                    if following not in before:
                        before[following] = (pair, character)
                        todo.append(following)
    return False, ""


def _text(pair: Pair, before: Dict[Pair, Optional[Tuple[Pair, str]]]) -> str:
    characters: List[str] = []
    step = before[pair]
    while step is not None:
        characters.append(step[1])
        step = before[step[0]]
    return "".join(reversed(characters))


def _representatives(*graphs: Graph) -> List[str]:
    """One character for each set of those that no edge tells apart, pleasant ones first."""
    sets: Set[Characters] = set()
    literal: Set[str] = set()
    for graph in graphs:
        for edge in graph.edges:
            if isinstance(edge.takes, Run):
                sets.add(edge.takes.characters)
                sets.add(edge.takes.first or edge.takes.characters)
            elif edge.takes is not None:
                literal |= _written(edge)
    found: Dict[Tuple[FrozenSet[Characters], str], str] = {}
    for character in (*_PLEASANT, *sorted(literal), *_bounds(sets)):
        inside = frozenset(one for one in sets if character in one)
        if inside or character in literal:
            found.setdefault((inside, character if character in literal else ""), character)
    return list(found.values())


def _written(edge: Edge) -> Set[str]:
    assert isinstance(edge.takes, str)
    if not edge.folded:
        return set(edge.takes)
    cases = {case for one in edge.takes for case in (one, one.upper()) if len(case) == 1}
    return {case for case in cases if folded(case) in edge.takes}


def _bounds(sets: Set[Characters]) -> Iterator[str]:
    for characters in sorted(sets, key=lambda one: one.ranges):
        for low, high in characters.ranges:
            for point in (low, high, low - 1, high + 1):
                if 0 < point <= LAST and not 0xD800 <= point <= 0xDFFF:
                    yield chr(point)
