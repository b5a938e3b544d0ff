from __future__ import annotations

import pytest

from pipl.errors.index import UnknownPackl
from pipl.packl.graph.dependents import dependents
from pipl.packl.graph.graph import Graph

from .conftest import code, product, task

GRAPH = Graph.of(
    [
        task("model"),
        product("geo", "model", version="2.0.0"),
        task("auto", "geo", locked={"geo": "1.0.0"}),
        task("manual", "geo>=1", follow="manual", locked={"geo": "1.0.0"}),
        task("new", "geo~=2.0", locked={"geo": "2.0.0"}),
        task("pulls", "geo==1.0.0", locked={"geo": "1.0.0"}),
        task("edits", 'geo; extra == "edit"', locked={"geo": "1.0.0"}),
        code("lib", "geo<2"),
        product("far", "auto"),
        task("shot", "far", follow="manual"),
    ]
)


def test_who_takes_the_newest_version() -> None:
    found = dependents(GRAPH, "Geo")
    assert (found.name, found.version, found.maker) == ("geo", "2.0.0", "model")
    assert {one.name: (one.mode, one.admits, one.standing) for one in found.dependents} == {
        "auto": ("push", True, "follows"),
        "manual": ("push", True, "outdated"),
        "new": ("semi-push", True, "current"),
        "pulls": ("pull", False, "held"),
        "edits": ("push", True, "outdated"),
        "lib": ("semi-push", False, "held"),
    }
    assert [one.extra for one in found.dependents if one.extra] == ["edit"]
    assert {one.via for one in found.dependents} == {()}


def test_who_would_take_another_version() -> None:
    found = dependents(GRAPH, "geo", version="1.5")
    admits = {one.name: one.admits for one in found.dependents}
    assert admits == {
        **dict.fromkeys(("auto", "edits", "lib", "manual"), True),
        **dict.fromkeys(("new", "pulls"), False),
    }


def test_over_tasks_and_their_products() -> None:
    found = {one.name: one for one in dependents(GRAPH, "geo", transitive=True).dependents}
    assert set(found) == {"auto", "manual", "new", "pulls", "edits", "lib", "far", "shot"}
    assert found["far"].via == ("auto",)
    assert (found["shot"].requires, found["shot"].via) == ("far", ("far", "auto"))
    assert found["shot"].standing == "outdated"


def test_a_packl_that_is_only_wanted_or_only_announced() -> None:
    graph = Graph.of([task("shot", "to-come>=1"), task("model", products=("announced",))])
    found = dependents(graph, "to-come")
    assert (found.version, [one.name for one in found.dependents]) == (None, ["shot"])
    assert dependents(graph, "announced").maker == "model"


def test_an_unknown_packl() -> None:
    with pytest.raises(UnknownPackl, match="root/PROJ gives no packl geos"):
        dependents(GRAPH, "geos")
