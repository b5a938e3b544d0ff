"""A template as a graph: what may follow what, from its first character to its last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from pipl_pipe.path.characters import Characters
from pipl_pipe.path.parts import Key, Parts, Run, Section, Slot
from pipl_pipe.path.text import folded


class Edge(NamedTuple):
    """From one state to a later one by a text (None: by nothing) or by a run of characters."""

    source: int
    target: int
    takes: Union[str, Run, None]
    folded: bool = False
    """The text is in lower case and matches in any."""
    slot: Optional[int] = None
    """Number of the slot whose value it is, in order of appearance."""


@dataclass(frozen=True)
class Graph:
    """States 0 to `last`; the edges are in an order in which sources come before targets.

    A slot has one edge for each alternative of its key's shape, so the graph grows linearly
    with the template, whatever it has of optional sections.
    """

    edges: Tuple[Edge, ...]
    last: int
    keys: Tuple[Key, ...]
    """The key of each slot."""


def graph(parts: Parts) -> Graph:
    """The graph of a definition."""
    edges: List[Edge] = []
    keys: List[Key] = []
    last = _add(parts, 0, 0, edges, keys)
    return Graph(tuple(edges), last, tuple(keys))


def _add(parts: Parts, source: int, top: int, edges: List[Edge], keys: List[Key]) -> int:
    """Append the parts' edges from a state on; the state they end in, which is the highest."""
    for part in parts:
        if isinstance(part, Section):
            inside = _add(part.parts, source, top, edges, keys)
            top = inside + 1
            edges += [Edge(inside, top, None), Edge(source, top, None)]
        elif isinstance(part, Slot):
            top += 1
            edges += [Edge(source, top, one, slot=len(keys)) for one in part.key.shape]
            keys.append(part.key)
        elif part.text:
            top += 1
            text = folded(part.text) if part.folded else part.text
            edges.append(Edge(source, top, text, folded=part.folded))
        else:
            continue
        source = top
    return source


def following(graph: Graph) -> Dict[int, Tuple[Edge, ...]]:
    """For each state, the edges that can take the next character there."""
    found: Dict[int, Tuple[Edge, ...]] = {}
    for edge in reversed(graph.edges):
        nearest = (edge,) if edge.takes is not None else found.get(edge.target, ())
        found[edge.source] = (*nearest, *found.get(edge.source, ()))
    return found


def choices(graph: Graph) -> int:
    """How often one character does not tell what it belongs to.

    With none, a regular expression of the graph never goes back over what it has matched.
    """
    after = following(graph)
    found = 0
    for edges in after.values():
        for number, edge in enumerate(edges):
            others = (one for one in edges[:number] if one.slot is None or one.slot != edge.slot)
            found += any(_first(edge).meets(_first(one)) for one in others)
    for edge in graph.edges:
        if isinstance(edge.takes, Run) and edge.takes.longest != edge.takes.shortest:
            next_edges = after.get(edge.target, ())
            found += any(edge.takes.characters.meets(_first(one)) for one in next_edges)
    return found


def _first(edge: Edge) -> Characters:
    if isinstance(edge.takes, Run):
        return edge.takes.first or edge.takes.characters
    assert edge.takes is not None
    first = edge.takes[0]
    return Characters.of(first, *(first.upper() if edge.folded else first)[:1])
