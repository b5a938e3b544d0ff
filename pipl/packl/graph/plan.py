"""Which tasks follow what has landed, and which of them have to wait: diamonds once, in order.

geo ──► rig ──► anim        geo lands: rig is ready; anim waits for rig, whose product it
 └────────────────┘         takes too, and is ready once that has landed
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from pipl.index.wheel_facts import AUTO
from pipl.packl.graph.graph import TASK, Graph
from pipl.packl.graph.walks import ordered, reached


@dataclass(frozen=True)
class Step:
    """A task that is to follow `products`; it may begin (`ready`) or waits for tasks.

    Those it waits for are in the plan too, or busy. In a circle of tasks, the first by name
    does not wait for the others of it, so that none waits for ever.
    """

    task: str
    products: tuple[str, ...]
    ready: bool
    waits_for: tuple[str, ...] = ()


def plan(
    graph: Graph,
    landed: Collection[str],
    busy: Collection[str] = (),
    *,
    held: Collection[str] = (),
) -> tuple[Step, ...]:
    """The tasks that follow by themselves what has landed, each once, those upstream first.

    `landed` are the names of products with a new version on the index of `graph` (normalised,
    like all names); `busy` those of packls that CI has something to do for, such as a follow-up
    that is not on that index yet: a task that is one waits for itself. `held` are tasks that are
    not to follow now, nor are waited for. A task is in the plan where its newest release admits
    the new version, directly or over libraries that it requires, and its lock does not hold it
    yet; so everything may be given as landed.
    """
    takes = {
        task: products for task, products in _takers(graph, landed).items() if task not in held
    }
    at_work = {
        name for name in busy if name in graph.packls and graph.packls[name].facts.follow == AUTO
    }
    pending = {*takes, *at_work} - set(held)
    waits = {task: _waits(graph, task, pending) for task in takes}
    order = ordered(set(takes), lambda task: waits[task])
    place = {task: number for number, task in enumerate(order)}
    steps = []
    for task in order:
        for_what = tuple(
            sorted(one for one in waits[task] if one in busy or place[one] < place[task])
        )
        for_what += (task,) if task in busy else ()
        steps.append(Step(task, takes[task], not for_what, for_what))
    return tuple(steps)


def takers(graph: Graph, product: str, version: str) -> tuple[str, ...]:
    """The tasks that a version of a product would reach by themselves: not over other tasks."""
    return tuple(
        task
        for task in _reachable(graph, product, version)
        if graph.packls[task].facts.follow == AUTO
    )


def _takers(graph: Graph, landed: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for product in sorted(landed):
        packl = graph.packls.get(product)
        if packl is None:
            continue
        for task in takers(graph, product, packl.version):
            if _is_newer(packl.version, graph.packls[task].facts.locked.get(product)):
                found.setdefault(task, []).append(product)
    return {task: tuple(products) for task, products in found.items()}


def _reachable(graph: Graph, product: str, version: str) -> tuple[str, ...]:
    """The tasks that require a product, at once or over libraries, where it is admitted."""
    direct = {
        need.dependent for need in graph.needs_for(product) if need.counts and need.admits(version)
    }
    refused = {
        need.dependent
        for need in graph.needs_for(product)
        if need.counts and not need.admits(version)
    }
    found: dict[str, None] = {}
    todo = sorted(direct - refused)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found[name] = None
        if graph.packls[name].kind != TASK:  # a task is an application, nobody's library
            todo += [one for one in graph.required_by(name) if one not in refused]
    return tuple(sorted(name for name in found if graph.packls[name].kind == TASK))


def _waits(graph: Graph, task: str, pending: Collection[str]) -> frozenset[str]:
    """The tasks upstream that are to follow or at work: their products will be newer soon."""
    above = reached([task], graph.upstream)
    return frozenset(one for one in above if one in pending and one != task)


def _is_newer(version: str, locked: str | None) -> bool:
    """Whether a version is newer than what is locked; so is any where it is not known."""
    try:
        return locked is None or Version(version) > Version(locked)
    except InvalidVersion:
        return version != locked
