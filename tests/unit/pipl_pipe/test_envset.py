from __future__ import annotations

import os
from dataclasses import asdict

import pytest

from pipl_pipe.context import Context
from pipl_pipe.envset import append, default, operations, prepend, set_, unset
from pipl_pipe.variables import Operation, apply

from .conftest import Site


def joined(*paths: str) -> str:
    return os.pathsep.join(paths)


class TestApplying:
    def test_each_action(self) -> None:
        before = {"KEPT": "1", "GONE": "1", "LIST": joined("a", "b"), "HAS": "theirs"}
        after = apply(
            [
                set_("NEW", "x"),
                unset("GONE"),
                prepend("LIST", "p"),
                append("LIST", "q"),
                default("HAS", "ours"),
                default("LACKS", "ours"),
            ],
            before,
        )
        assert after == {
            "KEPT": "1", "NEW": "x", "LIST": joined("p", "a", "b", "q"),
            "HAS": "theirs", "LACKS": "ours",
        }  # fmt: skip
        assert before["GONE"] == "1"

    def test_applying_twice_is_applying_once(self) -> None:
        changes = [prepend("LIST", "b"), append("LIST", "c"), prepend("NEW", "x")]
        once = apply(changes, {"LIST": joined("a", "b")})
        assert once == {"LIST": joined("b", "a", "c"), "NEW": "x"}
        assert apply(changes, once) == once


def install(site: Site, name: str, source: str, requires: "tuple[str, ...]" = ()) -> None:
    site.install(
        name,
        requires=requires,
        entry_points={"pipl_pipe.env_sets": {name: f"{name}:ENV_SET"}},
        modules={f"{name}/__init__.py": f"from pipl_pipe.envset import *\n{source}\n"},
    )


def test_what_a_packl_sets_its_dependants_can_change(site: Site, here: Context) -> None:
    install(site, "a_shot", "ENV_SET = EnvSet(set_('SHOW', 'shot'))", ("middle",))
    site.install("middle", requires=["z_show"])
    install(site, "z_show", "ENV_SET = EnvSet(set_('SHOW', 'show'), set_('FPS', '24'))")
    found, broken = operations(here)
    assert [(one.name, one.value, one.source) for one in found] == [
        ("SHOW", "show", "z-show"), ("FPS", "24", "z-show"), ("SHOW", "shot", "a-shot"),
    ]  # fmt: skip
    assert broken == ()
    assert apply(found, {})["SHOW"] == "shot"


def test_placeholders_are_filled_and_other_braces_stay(site: Site, here: Context) -> None:
    source = "ENV_SET = EnvSet(prepend('P', '{assets}/x'), set_('J', '{\"a\": {root}}'))"
    install(site, "usd", source)
    (search, json), _ = operations(here)
    assert search.value == f"{here.assets}/x"
    assert json.value == f'{{"a": {site.folder / "usd"}}}'


@pytest.mark.parametrize("source", ["ENV_SET = 3", "", "import not_there"])
def test_a_broken_one_is_named_and_the_others_apply(site: Site, here: Context, source: str) -> None:
    install(site, "bad", source)
    install(site, "good", "ENV_SET = EnvSet(set_('A', '1'))")
    found, broken = operations(here)
    assert [one.name for one in found] == ["A"]
    assert [fault.fields["distribution"] for fault in broken] == ["bad"]


def test_operations_survive_json() -> None:
    one = Operation("A", "set", "1", "show-pipe")
    assert Operation(**asdict(one)) == one
