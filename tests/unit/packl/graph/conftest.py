"""Small graphs of packls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipl.index.requirements import IndexedPackl
from pipl.index.wheel_facts import WheelFacts
from pipl.packl.graph.graph import Graph

Task = Callable[..., IndexedPackl]


def task(
    name: str,
    *requires: str,
    version: str = "1.0.0",
    follow: str = "auto",
    locked: dict[str, str] | None = None,
    products: tuple[str, ...] = (),
) -> IndexedPackl:
    facts = WheelFacts("task", "task", follow, products, None, locked or {})
    return IndexedPackl(name, version, "root/PROJ", "", requires, facts=facts)


def product(
    name: str, by: str | None = None, *requires: str, version: str = "1.0.0"
) -> IndexedPackl:
    facts = WheelFacts("product", "product", task=by)
    return IndexedPackl(name, version, "root/PROJ", "", requires, facts=facts)


def code(name: str, *requires: str, version: str = "1.0.0") -> IndexedPackl:
    return IndexedPackl(name, version, "root/PROJ", "", requires, facts=WheelFacts("code"))


@pytest.fixture
def diamond() -> Graph:
    """model makes geo; left and right take it, and shot takes what both make."""
    return Graph.of(
        [
            task("model"),
            product("geo", "model", version="2.0.0"),
            task("left", "geo", locked={"geo": "1.0.0"}),
            product("left-out", "left", "pipl-pipe"),
            task("right", "geo>=1,<3", locked={"geo": "1.0.0"}),
            product("right-out", "right"),
            task(
                "shot",
                "left-out",
                "right-out",
                "geo",
                locked={"left-out": "1.0.0", "right-out": "1.0.0", "geo": "1.0.0"},
            ),
            product("shot-out", "shot"),
        ]
    )
