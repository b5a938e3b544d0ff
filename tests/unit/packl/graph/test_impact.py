from __future__ import annotations

import pytest

from pipl.errors.index import UnknownPackl
from pipl.packl.graph.graph import Graph
from pipl.packl.graph.impact import impact
from pipl.packl.graph.timings import NoTimings

from .conftest import product, task


class Known:
    """Seconds by handler and packl."""

    def __init__(self, **seconds: float) -> None:
        self.seconds = seconds

    def median_s(self, handler: str, packl: str) -> float | None:
        return self.seconds.get(f"{handler}_{packl}")


def test_waves_with_times(diamond: Graph) -> None:
    timings = Known(qa_left=1.0, process_left=4.0, process_right=2.0, process_shot=10.0)
    found = impact(diamond, "geo", timings)
    assert found.version == "2.0.1"
    assert [[one.task for one in wave] for wave in found.waves] == [["left", "right"], ["shot"]]
    left, shot = found.waves[0][0], found.waves[1][0]
    assert (left.version, left.because, left.products) == ("1.0.0.post1", ("geo",), ("left-out",))
    assert (left.seconds, shot.because) == (5.0, ("geo", "left-out", "right-out"))
    assert (found.work_s, found.least_s, found.unknown) == (17.0, 15.0, 0)


def test_a_task_stands_for_its_products(diamond: Graph) -> None:
    found = impact(diamond, "model", NoTimings(), version="3.0")
    assert [[one.task for one in wave] for wave in found.waves] == [["left"], ["shot"]]
    assert [one.name for one in found.outdated] == ["right"]  # takes only what is below 3
    assert (found.work_s, found.unknown) == (0.0, 2)
    assert found.waves[0][0].seconds is None


def test_a_task_that_does_not_follow_ends_the_way(diamond: Graph) -> None:
    graph = diamond
    for name in ("left", "right"):
        graph = graph.with_packl(task(name, "geo", follow="manual", locked={"geo": "1.0.0"}))
    graph = graph.with_packl(task("shot", "left-out", "right-out"))
    found = impact(graph, "geo", NoTimings())
    assert (found.waves, [one.name for one in found.outdated]) == ((), ["left", "right"])


def test_a_pinned_product_ends_the_way() -> None:
    graph = Graph.of(
        [
            product("geo"),
            task("rig", "geo", version="1.2"),
            product("bones", "rig"),
            task("anim", "bones==1.2"),
        ]
    )
    found = impact(graph, "geo", NoTimings())
    assert [[one.task for one in wave] for wave in found.waves] == [["rig"]]
    assert [one.name for one in found.outdated] == ["anim"]


def test_a_circle_comes_to_an_end() -> None:
    graph = Graph.of(
        [task("a", "from-b"), product("from-a", "a"), task("b", "from-a"), product("from-b", "b")]
    )
    found = impact(graph, "from-b", NoTimings())
    assert sorted(one.task for wave in found.waves for one in wave) == ["a", "b"]


def test_an_unknown_packl(diamond: Graph) -> None:
    with pytest.raises(UnknownPackl):
        impact(diamond, "geos", NoTimings())
