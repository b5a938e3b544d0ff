from __future__ import annotations

from pathlib import Path

import pytest

from pipl.errors.index import TaskCycle
from pipl.packl.graph import cycle
from pipl.packl.graph.graph import Graph
from pipl.packl.graph.walks import cycles, ordered, reached, shortest_path
from pipl_pipe import packl as packls

from .conftest import code, product, task

RING = {"a": ["b"], "b": ["c", "a"], "c": ["a"], "d": ["a"], "e": ["e"]}


def test_edges_both_ways(diamond: Graph) -> None:
    assert diamond.maker("geo") == "model"
    assert diamond.products_of("shot") == ("shot-out",)
    assert diamond.required_by("geo") == ("left", "right", "shot")
    assert diamond.upstream("left-out") == ("pipl-pipe", "left")
    assert diamond.downstream("shot") == ("shot-out",)
    assert [need.text for need in diamond.needs_for("geo")] == ["geo", "geo>=1,<3", "geo"]


def test_what_was_made_counts_for_more_than_what_is_declared() -> None:
    graph = Graph.of([task("thief", products=("geo", "new")), product("geo", "model")])
    assert graph.maker("geo") == "model"
    assert graph.products_of("thief") == ("new",)


def test_extras_make_no_edge() -> None:
    graph = Graph.of([task("shot", 'geo; extra == "edit"'), product("geo", "model")])
    assert graph.required_by("geo") == ()
    assert [need.dependent for need in graph.needs_for("geo")] == ["shot"]


def test_the_transitive_closure_is_nearest_first(diamond: Graph) -> None:
    assert reached(["model"], diamond.downstream) == (
        *("geo", "left", "right", "shot"),
        *("left-out", "right-out", "shot-out"),
    )
    assert set(reached(["shot"], diamond.upstream)) == {
        *("left-out", "right-out", "geo", "left", "right", "model", "pipl-pipe")
    }


def test_topological_order() -> None:
    before = {"shot": ["left", "right"], "left": ["model"], "right": ["model"], "model": []}
    assert ordered(set(before), before.__getitem__) == ("model", "left", "right", "shot")
    assert ordered({"shot", "left"}, before.__getitem__) == ("left", "shot")


def test_an_order_in_spite_of_a_circle() -> None:
    assert ordered({"d", "b", "a", "c"}, RING.__getitem__) == ("a", "c", "d", "b")


def test_paths() -> None:
    assert shortest_path("d", "c", RING.__getitem__) == ("d", "a", "b", "c")
    assert shortest_path("a", "a", RING.__getitem__) == ("a", "b", "a")
    assert shortest_path("e", "e", RING.__getitem__) == ("e", "e")
    assert shortest_path("a", "d", RING.__getitem__) is None


def test_circles_are_told_once() -> None:
    assert cycles(RING, RING.__getitem__) == (("a", "b", "a"), ("a", "b", "c", "a"), ("e", "e"))


@pytest.fixture
def source(tmp_path: Path) -> packls.Packl:
    """The task hero-rig, which takes hero-geo and says that it makes hero-bones."""
    folder = tmp_path / "hero_rig"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "hero-rig"\nversion = "1.0"\ndependencies = ["hero-geo>=1", "numpy"]\n'
        'optional-dependencies.edit = ["hero-anim-out"]\n'
        '[tool.pipl]\nkind = "task"\nfollow = "auto"\nproducts = ["Hero_Bones"]\n'
    )
    return packls.read(folder)


class TestACircleAtPublishing:
    def test_over_what_is_declared(self, source: packls.Packl) -> None:
        graph = Graph.of([product("hero-geo", "hero-model"), task("hero-model", "hero-bones")])
        with pytest.raises(TaskCycle) as caught:
            cycle.refuse(graph, source)
        assert caught.value.path == "hero-rig -> hero-geo -> hero-model -> hero-bones -> hero-rig"
        assert caught.value.path in str(caught.value)

    def test_over_what_earlier_releases_have_made(self, source: packls.Packl) -> None:
        graph = Graph.of(
            [
                task("hero-rig"),
                product("hero-skin", "hero-rig"),
                product("hero-geo", "hero-model", "hero-lib"),
                code("hero-lib", "hero-skin<2"),
                task("hero-model"),
            ]
        )
        with pytest.raises(TaskCycle, match="hero-geo -> hero-lib -> hero-skin -> hero-rig"):
            cycle.refuse(graph, source)

    def test_over_the_task_itself(self, source: packls.Packl) -> None:
        graph = Graph.of([product("hero-geo", "hero-model"), task("hero-model", "hero-rig")])
        with pytest.raises(TaskCycle, match="hero-rig -> hero-geo -> hero-model -> hero-rig"):
            cycle.refuse(graph, source)

    def test_other_circles_and_extras_do_not_count(self, source: packls.Packl) -> None:
        graph = Graph.of(
            [
                product("hero-geo", "hero-model"),
                task("hero-model", "other-out"),
                product("other-out", "hero-model"),
                product("hero-anim-out", "hero-anim"),
                task("hero-anim", "hero-bones"),
            ]
        )
        cycle.refuse(graph, source)
        with pytest.raises(TaskCycle):
            cycle.refuse(graph.with_packl(task("hero-model", "hero-anim-out")), source)
