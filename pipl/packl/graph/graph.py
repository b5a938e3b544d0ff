"""The graph of an index's packls: who requires whom, and which task makes which product.

A new version travels up these edges: from a product to the packls that require it, from a
product to be made to the task that makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pipl.index.requirements import IndexedPackl
from pipl.packl.graph.edges import PRODUCT, TASK, Edges, EdgesOf
from pipl.packl.graph.needs import Need, leading_name

__all__ = ["PRODUCT", "TASK", "Graph"]


@dataclass(frozen=True)
class Graph:
    """Packls by normalised name, each as its newest release; `edges` where they are known."""

    packls: Mapping[str, IndexedPackl]
    edges: Edges | None = None

    @cached_property
    def _edges(self) -> Edges:
        return EdgesOf(self.packls) if self.edges is None else self.edges

    @classmethod
    def of(cls, packls: Iterable[IndexedPackl]) -> Graph:
        return cls({packl.name: packl for packl in packls})

    def with_packl(self, packl: IndexedPackl) -> Graph:
        """The graph with one packl more, or another one instead of that name."""
        return Graph({**self.packls, packl.name: packl})

    def needs_of(self, name: str) -> tuple[Need, ...]:
        """What a packl requires of anybody, with and without extras; nothing for an unknown one."""
        packl = self.packls.get(name)
        requires = packl.requires if packl else ()
        return tuple(Need(name, leading_name(text), text) for text in requires)

    def needs_for(self, name: str) -> tuple[Need, ...]:
        """Who requires a packl, by the dependents' names."""
        return tuple(Need(by, name, text) for by, text in self._edges.wanting(name))

    def requires(self, name: str) -> tuple[str, ...]:
        """The names that a packl requires without extras, sorted."""
        found = self._required.get(name)
        if found is None:
            found = tuple(sorted({need.name for need in self.needs_of(name) if need.counts}))
            self._required[name] = found
        return found

    @cached_property
    def _required(self) -> dict[str, tuple[str, ...]]:
        """What was asked for already: requirements take long to read."""
        return {}

    def required_by(self, name: str) -> tuple[str, ...]:
        """The packls that require it without extras, sorted."""
        needs = self.needs_for(name)
        return tuple(sorted({need.dependent for need in needs if need.counts}))

    def maker(self, product: str) -> str | None:
        """The task that has made a product, or that says it will."""
        return self._edges.maker(product)

    def products_of(self, task: str) -> tuple[str, ...]:
        """The products that a task has made, or says it will; sorted."""
        return self._edges.products_of(task)

    def upstream(self, name: str) -> tuple[str, ...]:
        """What a packl is made out of: what it requires, and the task that makes it."""
        maker = self.maker(name)
        return (*self.requires(name), *([maker] if maker else ()))

    def downstream(self, name: str) -> tuple[str, ...]:
        """What is made out of a packl: who requires it, and the products that it makes."""
        return (*self.required_by(name), *self.products_of(name))
