"""The dry run: what a new version of a packl would set off, in which waves, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import InvalidVersion

from pipl.errors.index import UnknownPackl
from pipl.index.wheel_facts import AUTO
from pipl.packl.graph import plan
from pipl.packl.graph.dependents import Dependent, dependents
from pipl.packl.graph.graph import TASK, Graph
from pipl.packl.graph.timings import Timings
from pipl.packl.graph.walks import ordered, reached
from pipl.packl.version import bumped, next_post
from pipl_pipe.names import normalised

FOLLOW, QA, PROCESS = "follow", "qa", "process"
HANDLERS = (FOLLOW, QA, PROCESS)
"""What a follow-up goes through, in this order."""


@dataclass(frozen=True)
class Rebuild:
    """A task that would be re-locked and processed again, as `version`.

    `because` are the products that it takes; `seconds` is None where nothing is known of it.
    """

    task: str
    version: str
    because: tuple[str, ...]
    products: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True)
class Impact:
    """What follows from `version` of `name`: `waves` one after the other, each side by side.

    `outdated` are the tasks that would be, as they do not follow by themselves or do not admit
    it. `work_s` is all of it one after the other, `least_s` the slowest of each wave; what
    nothing is known of (`unknown` tasks) counts as nothing in both.
    """

    name: str
    version: str
    waves: tuple[tuple[Rebuild, ...], ...]
    outdated: tuple[Dependent, ...]
    work_s: float
    least_s: float
    unknown: int


def impact(graph: Graph, name: str, timings: Timings, *, version: str | None = None) -> Impact:
    """What a new version of a product, or of a task and so of its products, would set off.

    Without `version` it is the next patch after the newest. Raises UnknownPackl.
    """
    name = normalised(name)
    packl = graph.packls.get(name)
    if packl is None and not graph.needs_for(name):
        raise UnknownPackl(next((one.index for one in graph.packls.values()), "the index"), name)
    version = version or (bumped(packl.version, "patch") if packl else "1.0.0")
    start = {name: version}
    if packl is not None and packl.kind == TASK:
        start.update(dict.fromkeys(graph.products_of(name), version))
    because = _spread(graph, start, without=name)
    rebuilt = {task: _rebuild(graph, task, because[task], timings) for task in because}
    waves = _waves(graph, frozenset(rebuilt))
    slowest = [max((rebuilt[task].seconds or 0.0) for task in wave) for wave in waves]
    return Impact(
        name=name,
        version=version,
        waves=tuple(tuple(rebuilt[task] for task in wave) for wave in waves),
        outdated=_outdated(graph, start, rebuilt),
        work_s=sum(one.seconds or 0.0 for one in rebuilt.values()),
        least_s=sum(slowest),
        unknown=sum(one.seconds is None for one in rebuilt.values()),
    )


def _spread(graph: Graph, start: dict[str, str], *, without: str) -> dict[str, tuple[str, ...]]:
    """The tasks that follow, each with the products that make it do so."""
    found: dict[str, set[str]] = {}
    todo = list(start.items())
    while todo:
        product, version = todo.pop()
        for task in plan.takers(graph, product, version):
            if task == without:
                continue
            if task not in found:
                found[task] = set()
                after = _follow_up(graph, task)
                todo += [(made, after) for made in graph.products_of(task)]
            found[task].add(product)
    return {task: tuple(sorted(products)) for task, products in found.items()}


def _follow_up(graph: Graph, task: str) -> str:
    version = graph.packls[task].version
    try:
        return next_post(version)
    except InvalidVersion:
        return version


def _rebuild(graph: Graph, task: str, because: tuple[str, ...], timings: Timings) -> Rebuild:
    known = [timings.median_s(handler, task) for handler in HANDLERS]
    seconds = [one for one in known if one is not None]
    return Rebuild(
        task=task,
        version=_follow_up(graph, task),
        because=because,
        products=graph.products_of(task),
        seconds=sum(seconds) if seconds else None,
    )


def _waves(graph: Graph, tasks: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Each task in the first wave after those that it waits for."""
    above = {task: set(reached([task], graph.upstream)) & tasks - {task} for task in tasks}
    number: dict[str, int] = {}
    for task in ordered(tasks, lambda one: above[one]):
        number[task] = max((number[one] + 1 for one in above[task] if one in number), default=0)
    last = max(number.values(), default=-1)
    return tuple(
        tuple(sorted(task for task in tasks if number[task] == wave)) for wave in range(last + 1)
    )


def _outdated(
    graph: Graph, start: dict[str, str], rebuilt: dict[str, Rebuild]
) -> tuple[Dependent, ...]:
    """Tasks that take a new version only by hand, each told once."""
    versions = dict(start)
    for rebuild in rebuilt.values():
        versions.update(dict.fromkeys(rebuild.products, rebuild.version))
    found: dict[str, Dependent] = {}
    for name, version in sorted(versions.items()):
        if name not in graph.packls and not graph.needs_for(name):
            continue
        for one in dependents(graph, name, version=version).dependents:
            manual = one.follow != AUTO or not one.admits
            if one.kind == TASK and one.name not in rebuilt and one.name not in start and manual:
                found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))
