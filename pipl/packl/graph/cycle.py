"""Refusing a task that would be made out of what it makes itself."""

from __future__ import annotations

from pipl.errors.index import TaskCycle
from pipl.index.requirements import IndexedPackl
from pipl.index.wheel_facts import WheelFacts
from pipl.packl.graph.graph import TASK, Graph
from pipl.packl.graph.walks import shortest_path
from pipl_pipe.names import normalised
from pipl_pipe.packl import Packl


def refuse(graph: Graph, source: Packl) -> None:
    """Raises TaskCycle where what a task requires reaches, over products and the tasks that make
    them, a product that it makes itself.

    It makes what it declares (`products` in its [tool.pipl]) and what its earlier releases on
    the index have made. Extras do not count: CI processes a task without them.
    """
    name = normalised(source.name)
    packl = IndexedPackl(
        name=name,
        version=source.version,
        index="",
        requires=source.dependencies,
        facts=WheelFacts(TASK, source.type, source.follow, source.products),
    )
    planned = graph.with_packl(packl)
    path = shortest_path(name, name, planned.upstream)
    if path is not None:
        raise TaskCycle(source.name, " -> ".join(path))
