"""A workspace's lock as a graph: the workspace on top, what it requires below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipl.packl.graph.walks import cycles

WORKSPACE = ""
"""The name of the node that stands for the workspace: no package has it."""

Role = Literal["workspace", "asset", "task", "tool"]
"""What a node is to an artist: a product is an asset, what is neither product nor task a tool."""


def role_of(kind: str) -> Role:
    """The role of a packl of that kind; whatever is no packl is a tool."""
    return "asset" if kind == "product" else "task" if kind == "task" else "tool"


@dataclass(frozen=True)
class Node:
    """A package of the lock, or the workspace itself (`name` is WORKSPACE).

    `title` is the name to show, `kind` that of a packl (empty for other packages), `edited`
    whether it is edited in the workspace; `known` is False where what it requires could not be
    read.
    """

    name: str
    title: str
    version: str | None
    role: Role
    kind: str = ""
    edited: bool = False
    known: bool = True


@dataclass(frozen=True)
class Edge:
    """`source` requires `target`, by the PEP 508 text `requirement`.

    `extra` is the extra of the source that brings it (None: it always does).
    """

    source: str
    target: str
    requirement: str
    specifier: str = ""
    extra: str | None = None


@dataclass(frozen=True)
class LockGraph:
    """Nodes by name and the edges between them; `missing` lead to what the lock does not hold."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    missing: tuple[Edge, ...] = ()

    @property
    def top(self) -> Node:
        return self.nodes[WORKSPACE]

    def leaving(self, name: str) -> tuple[Edge, ...]:
        """What a node requires, by name."""
        return self._leaving.get(name, ())

    def below(self, name: str) -> tuple[str, ...]:
        """The names of what a node requires."""
        return tuple(edge.target for edge in self.leaving(name))

    def arriving(self, name: str) -> tuple[Edge, ...]:
        """Who requires a node, by name."""
        return self._arriving.get(name, ())

    def down_to(self, depth: int) -> LockGraph:
        """What is at most `depth` requirements below the workspace."""
        kept, level = {WORKSPACE}, {WORKSPACE}
        for _ in range(depth):
            level = {edge.target for name in level for edge in self.leaving(name)} - kept
            kept |= level
        return LockGraph(
            {name: node for name, node in self.nodes.items() if name in kept},
            tuple(edge for edge in self.edges if {edge.source, edge.target} <= kept),
            tuple(edge for edge in self.missing if edge.source in kept),
        )

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Packages that require each other, each circle once, its beginning again at its end."""
        return cycles(self.nodes, self.below)

    @cached_property
    def _leaving(self) -> Mapping[str, tuple[Edge, ...]]:
        return _grouped((edge.source, edge) for edge in self.edges)

    @cached_property
    def _arriving(self) -> Mapping[str, tuple[Edge, ...]]:
        return _grouped((edge.target, edge) for edge in self.edges)


def _grouped(pairs: Iterable[tuple[str, Edge]]) -> Mapping[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = {}
    for name, edge in pairs:
        found.setdefault(name, []).append(edge)
    return {
        name: tuple(sorted(edges, key=lambda edge: (edge.target, edge.source, edge.requirement)))
        for name, edges in found.items()
    }
