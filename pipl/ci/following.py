"""What follows from products that have landed: runs over the tasks that take them up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import FOLLOW, Flow, Stage
from pipl.ci.run import NewRun, Run
from pipl.errors.index import ReleaseNotFound
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.wheel_facts import AUTO
from pipl.packl.graph import kept
from pipl.packl.graph.graph import PRODUCT, TASK, Graph
from pipl.packl.graph.plan import plan
from pipl.packl.graph.walks import reached


class GraphFollower:
    """Follows by the graph of an index's packls, which is read anew when something lands there.

    `cache` is the folder where the graph is kept between runners, None for nowhere.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._graphs: dict[IndexName, Graph] = {}

    def wanted(
        self, client: IndexClient, flow: Flow, events: Sequence[ReleaseEvent]
    ) -> tuple[NewRun, ...]:
        """Runs over the tasks with `follow = "auto"` whose lock lacks what has landed.

        A task that lands may have been locked before its products did: it is looked at too.
        """
        version = flow.version
        found: list[NewRun] = []
        for stage in flow.stages:
            names = {event.project for event in events if event.index == str(stage.index)}
            if stage.follow is None or not names:
                continue
            graph = self._read(client, stage.index)
            for step in plan(graph, _products(graph, names)):
                run = _run(client, stage, graph, step.task, version)
                if run is not None:
                    found.append(run)
        return tuple(found)

    def may_start(
        self, client: IndexClient, run: Run, busy: Collection[str], following: Collection[str]
    ) -> bool:
        """Whether the task waits for nothing that it is made of, and not for itself.

        `busy` are the projects on their way through CI, `following` those with a run that
        follows: a task that failed to follow holds nobody up.
        """
        graph = self._graphs.get(run.index) or self._read(client, run.index)
        others = {
            name
            for name, packl in graph.packls.items()
            if packl.kind == TASK and name not in following
        }
        above = reached([run.project], graph.upstream)
        landed = [name for name in above if _is(graph, name, PRODUCT)]
        steps = plan(graph, landed, busy, held=others - {run.project})
        return all(step.ready for step in steps if step.task == run.project)

    def _read(self, client: IndexClient, index: IndexName) -> Graph:
        self._graphs[index] = kept.graph(client, index, self._cache)
        return self._graphs[index]


def _products(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """What has landed, and what is required by the following tasks that have landed."""
    found = set(names)
    for name in names:
        if _is(graph, name, TASK) and graph.packls[name].facts.follow == AUTO:
            found.update(graph.requires(name))
    return frozenset(found)


def _is(graph: Graph, name: str, kind: str) -> bool:
    return name in graph.packls and graph.packls[name].kind == kind


def _run(client: IndexClient, stage: Stage, graph: Graph, task: str, version: str) -> NewRun | None:
    """The run that has a task follow; None for one that was deleted meanwhile, or has no wheel."""
    packl = graph.packls[task]
    try:
        release = client.release(IndexName.parse(packl.index), task, packl.version)
    except ReleaseNotFound:
        return None
    if release.wheel is None:
        return None
    return NewRun(
        index=stage.index,
        project=task,
        version=release.version,
        filename=release.wheel.filename,
        sha256=release.wheel.sha256,
        handler=FOLLOW,
        flow=version,
        kind=packl.kind,
        type=None,
    )
