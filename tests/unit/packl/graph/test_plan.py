"""Who follows: diamonds once, chains in order, circles without waiting for ever."""

from __future__ import annotations

import pytest

from pipl.packl.graph.graph import Graph
from pipl.packl.graph.plan import Step, plan

from .conftest import code, product, task


def test_a_diamond_in_dependency_order(diamond: Graph) -> None:
    assert plan(diamond, {"geo"}) == (
        Step("left", ("geo",), True),
        Step("right", ("geo",), True),
        Step("shot", ("geo",), False, ("left", "right")),
    )


def test_the_end_of_a_diamond_waits_until_the_last_side_has_landed(diamond: Graph) -> None:
    graph = diamond.with_packl(product("left-out", "left", version="1.0.0.post1"))
    graph = graph.with_packl(task("left", "geo", version="1.0.0.post1", locked={"geo": "2.0.0"}))
    (step,) = plan(graph, {"left-out"}, busy={"right", "right-out"})
    assert step == Step("shot", ("left-out",), False, ("right",))
    (step,) = plan(graph, {"left-out", "geo"}, busy={"right"})[1:]
    assert step == Step("shot", ("geo", "left-out"), False, ("right",))
    graph = graph.with_packl(product("right-out", "right", version="1.0.0.post1"))
    graph = graph.with_packl(task("right", "geo", version="1.0.0.post1", locked={"geo": "2.0.0"}))
    assert plan(graph, set(graph.packls)) == (Step("shot", ("geo", "left-out", "right-out"), True),)


def test_a_chain_waits_for_what_is_far_upstream() -> None:
    graph = Graph.of(
        [
            product("geo", "model", version="2"),
            task("rig", "geo", locked={"geo": "1"}),
            product("bones", "rig"),
            task("anim", "bones", follow="manual"),
            product("motion", "anim"),
            task("fx", "motion", "geo", locked={"geo": "1", "motion": "1.0.0"}),
        ]
    )
    steps = {step.task: step for step in plan(graph, {"geo"})}
    assert steps["fx"].waits_for == ("rig",)  # over anim, which does not follow by itself
    assert steps["rig"].ready


def test_a_task_that_is_at_work_waits_for_itself(diamond: Graph) -> None:
    steps = {step.task: step for step in plan(diamond, {"geo"}, busy={"left"})}
    assert steps["left"] == Step("left", ("geo",), False, ("left",))
    assert steps["shot"].waits_for == ("left", "right")


def test_what_was_held_is_neither_planned_nor_waited_for(diamond: Graph) -> None:
    assert plan(diamond, {"geo"}, busy={"left"}, held={"left"}) == (
        Step("right", ("geo",), True),
        Step("shot", ("geo",), False, ("right",)),
    )


@pytest.mark.parametrize(
    "changed",
    [
        task("left", "geo", follow="manual", locked={"geo": "1.0.0"}),
        task("left", "geo<2", locked={"geo": "1.0.0"}),
        task("left", "geo==1.0.0", locked={"geo": "1.0.0"}),
        task("left", "geo", locked={"geo": "2.0.0"}),
        task("left", 'geo; extra == "edit"', locked={"geo": "1.0.0"}),
        code("left", "geo"),
    ],
    ids=["manual", "not admitted", "pull", "has it", "an extra", "no task"],
)
def test_who_does_not_follow(diamond: Graph, changed) -> None:
    steps = plan(diamond.with_packl(changed), {"geo"})
    assert [step.task for step in steps] == ["right", "shot"]
    assert steps[1].waits_for == ("right",)


def test_over_libraries_where_all_of_them_admit_it() -> None:
    graph = Graph.of(
        [
            product("geo", "model", version="2"),
            product("set", "dressing", "geo>=1"),
            code("lib", "set"),
            task("shot", "lib", locked={"geo": "1"}),
            code("strict", "set", "geo<2"),
            task("other", "strict", locked={"geo": "1"}),
        ]
    )
    assert plan(graph, {"geo"}) == (Step("shot", ("geo",), True),)


def test_a_circle_does_not_wait_for_ever() -> None:
    graph = Graph.of(
        [
            product("geo", "model", version="2"),
            task("a", "geo", "from-b", locked={"geo": "1"}),
            product("from-a", "a"),
            task("b", "geo", "from-a", locked={"geo": "1"}),
            product("from-b", "b"),
        ]
    )
    assert plan(graph, {"geo"}) == (
        Step("a", ("geo",), True),
        Step("b", ("geo",), False, ("a",)),
    )


@pytest.mark.parametrize("landed", [set(), {"unknown"}, {"left"}, {"shot-out"}])
def test_nothing_to_follow(diamond: Graph, landed: set[str]) -> None:
    assert plan(diamond, landed) == ()
