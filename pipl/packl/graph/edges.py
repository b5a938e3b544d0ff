"""Who requires a packl and who makes it, looked up from the other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Protocol

from pipl.index.requirements import IndexedPackl
from pipl.packl.graph.needs import leading_name

TASK = "task"
PRODUCT = "product"


class Edges(Protocol):
    """Names are normalised."""

    def wanting(self, name: str) -> Iterable[tuple[str, str]]:
        """The packls that require it with the texts by which they do, sorted."""
        ...

    def maker(self, product: str) -> str | None:
        """The task that has made a product, or that says it will (the last one by name)."""
        ...

    def products_of(self, task: str) -> tuple[str, ...]:
        """The products that a task is the maker of, sorted."""
        ...


def wants(packl: IndexedPackl) -> Iterator[tuple[str, str]]:
    """What a packl requires: each name, and the text."""
    return ((leading_name(text), text) for text in dict.fromkeys(packl.requires))


def announced(packl: IndexedPackl) -> tuple[str, ...]:
    """The products that a packl, being a task, says it makes."""
    return packl.facts.products if packl.kind == TASK else ()


def made_by(packl: IndexedPackl) -> str | None:
    """The task that has made a packl, being a product."""
    return packl.facts.task or None if packl.kind == PRODUCT else None


class EdgesOf:
    """Those among packls that are all in memory, found when first wanted."""

    def __init__(self, packls: Mapping[str, IndexedPackl]) -> None:
        self._packls = packls

    def wanting(self, name: str) -> Iterable[tuple[str, str]]:
        return sorted(self._wanted.get(name, ()))

    def maker(self, product: str) -> str | None:
        return self._made.get(product)

    def products_of(self, task: str) -> tuple[str, ...]:
        return self._makes.get(task, ())

    @cached_property
    def _wanted(self) -> Mapping[str, list[tuple[str, str]]]:
        """Name to the pairs of dependent and requirement's text."""
        found: dict[str, list[tuple[str, str]]] = {}
        for packl in self._packls.values():
            for name, text in wants(packl):
                found.setdefault(name, []).append((packl.name, text))
        return found

    @cached_property
    def _made(self) -> Mapping[str, str]:
        made: dict[str, str] = {}
        for name in sorted(self._packls):
            made.update(dict.fromkeys(announced(self._packls[name]), name))
        for packl in self._packls.values():  # what was made counts for more than what is said
            task = made_by(packl)
            if task:
                made[packl.name] = task
        return made

    @cached_property
    def _makes(self) -> Mapping[str, tuple[str, ...]]:
        makes: dict[str, list[str]] = {}
        for product, task in sorted(self._made.items()):
            makes.setdefault(task, []).append(product)
        return {task: tuple(products) for task, products in makes.items()}
