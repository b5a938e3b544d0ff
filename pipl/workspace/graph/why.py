"""The chains of requirements that bring a package into a workspace, shortest first."""

from __future__ import annotations

import difflib
import heapq
from dataclasses import dataclass

from pipl.errors.env import NotInLock
from pipl.packl.graph.walks import shortest_path, ways
from pipl.workspace.graph.graph import WORKSPACE, Edge, LockGraph, Node
from pipl_pipe.names import normalised

MAX_STEPS = 20_000
"""How many beginnings of chains are looked at: many packls can make more than anybody reads."""
MAX_CLOSE = 3


@dataclass(frozen=True)
class Link:
    """One step of a chain: a package, and the requirement by which the one before asks for it."""

    name: str
    version: str | None
    requirement: str
    extra: str | None
    role: str
    edited: bool


@dataclass(frozen=True)
class Why:
    """`chains` begin with what the workspace itself asks for and end with the package.

    `required_by` are all who ask for it directly, with the specifiers that hold its version;
    `complete` is False where there are more chains. `cycle` leads from the package back to it
    (empty: it does not require itself, not even over others).
    """

    workspace: str
    node: Node
    required_by: tuple[Edge, ...]
    chains: tuple[tuple[Link, ...], ...]
    complete: bool
    cycle: tuple[str, ...]


def why(graph: LockGraph, name: str, *, limit: int | None) -> Why:
    """Why the lock holds a package; of its chains up to `limit` (None: all up to MAX_STEPS).

    Raises NotInLock.
    """
    wanted = normalised(name)
    node = graph.nodes.get(wanted)
    if node is None or not wanted:
        known = [one for one in graph.nodes if one != WORKSPACE]
        close = difflib.get_close_matches(wanted, known, MAX_CLOSE)
        raise NotInLock(name, graph.top.title, tuple(close))
    chains, complete = _chains(graph, wanted, limit)
    return Why(
        workspace=graph.top.title,
        node=node,
        required_by=graph.arriving(wanted),
        chains=tuple(tuple(_link(graph, edge) for edge in chain) for chain in chains),
        complete=complete,
        cycle=shortest_path(wanted, wanted, graph.below) or (),
    )


def _chains(graph: LockGraph, name: str, limit: int | None) -> tuple[list[tuple[Edge, ...]], bool]:
    """From the package up to the workspace; what is nearest to it is taken up first."""
    above = _distances(graph)
    found: list[tuple[Edge, ...]] = []
    waiting: list[tuple[int, int, int, tuple[Edge, ...]]] = []
    steps = 0

    def go_on(chain: tuple[Edge, ...], at: str) -> None:
        nonlocal steps
        seen = {name, *(edge.source for edge in chain)}
        for edge in graph.arriving(at):
            if edge.source in seen or edge.source not in above:
                continue
            steps += 1
            left = above[edge.source]
            heapq.heappush(waiting, (len(chain) + 1 + left, left, steps, (edge, *chain)))

    go_on((), name)
    while waiting and steps < MAX_STEPS:
        *_, chain = heapq.heappop(waiting)
        if chain[0].source != WORKSPACE:
            go_on(chain, chain[0].source)
        elif limit is not None and len(found) == limit:
            return found, False
        else:
            found.append(chain)
    return found, not waiting


def _distances(graph: LockGraph) -> dict[str, int]:
    """How many steps a node is below the workspace at least."""
    before = ways(WORKSPACE, graph.below)
    found = {WORKSPACE: 0}
    for name in before:  # nearest first
        if name != WORKSPACE:
            found[name] = found[before[name]] + 1
    return found


def _link(graph: LockGraph, edge: Edge) -> Link:
    node = graph.nodes[edge.target]
    return Link(
        name=node.title,
        version=node.version,
        requirement=edge.requirement,
        extra=edge.extra,
        role=node.role,
        edited=node.edited,
    )
