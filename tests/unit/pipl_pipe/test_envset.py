from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipl_pipe.context import Context
from pipl_pipe.envset import append, default, operations, prepend, set_, unset
from pipl_pipe.errors import EnvConflict, NotOnThisMachine
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


class TestFunctions:
    def test_it_gets_what_it_asks_for(self, site: Site, here: Context) -> None:
        source = """
def ENV_SET(root, env, platform):
    return [set_("WHERE", str(root / platform)), set_("HOME_WAS", env["HOME"])]
"""
        install(site, "fun", source)
        found, broken = operations(here)
        assert broken == ()
        assert [one.value for one in found] == [
            str(site.folder / "fun" / "linux"), os.environ["HOME"],
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("def ENV_SET(): raise OSError('no licence')", "OSError: no licence"),
            ("def ENV_SET(shot): return []", "it asks for 'shot'"),
            ("def ENV_SET(): return 3", "neither an EnvSet nor a function"),
            ("ENV_SET = EnvSet('A=1')", "no change of a variable"),
            ("ENV_SET = EnvSet(set_('A-B', '1'))", "'A-B' is no name"),
            ("ENV_SET = EnvSet(set_('A', 'x\\0y'))", "holds a NUL"),
        ],
    )
    def test_a_broken_one_says_why(self, site: Site, here: Context, source: str, said: str) -> None:
        install(site, "bad", source)
        install(site, "good", "ENV_SET = EnvSet(set_('A', '1'))")
        found, (fault,) = operations(here)
        assert [one.name for one in found] == ["A"]
        assert "bad" in str(fault)
        assert said in str(fault)


def test_each_change_knows_its_line(site: Site, here: Context) -> None:
    install(site, "lines", "ENV_SET = EnvSet(\n    set_('A', '1'),\n    unset('B'),\n)")
    found, _ = operations(here)
    file = Path("lines", "__init__.py")
    assert [one.where for one in found] == [f"{file}:3", f"{file}:4"]


class TestConflicts:
    def two(self, site: Site, first: str = "'1'", second: str = "'2'") -> None:
        install(site, "one", f"ENV_SET = EnvSet(set_('SHOW', {first}), set_('KEPT', 'x'))")
        install(site, "two", f"ENV_SET = EnvSet(set_('SHOW', {second}))")

    def test_both_are_named_with_what_they_want(self, site: Site, here: Context) -> None:
        self.two(site)
        found, (fault,) = operations(here)
        assert isinstance(fault, EnvConflict)
        assert (
            str(fault)
            == "one wants SHOW to be '1', two wants '2', and neither depends on the other"
        )
        assert fault.advice.endswith("pipl work env --choose SHOW=one")
        assert ("KEPT", "x") in [(one.name, one.value) for one in found]

    def test_the_same_value_is_no_conflict(self, site: Site, here: Context) -> None:
        self.two(site, "'1'", "'1'")
        assert operations(here)[1] == ()

    def test_unset_against_set_is_one(self, site: Site, here: Context) -> None:
        install(site, "one", "ENV_SET = EnvSet(unset('SHOW'))")
        install(site, "two", "ENV_SET = EnvSet(set_('SHOW', 'x'))")
        _, (fault,) = operations(here)
        assert "one wants SHOW to be not set" in str(fault)

    def test_who_depends_on_both_decides(self, site: Site, here: Context) -> None:
        self.two(site)
        install(site, "shot", "ENV_SET = EnvSet(set_('SHOW', '3'))", ("one", "two"))
        found, broken = operations(here)
        assert broken == ()
        assert apply(found, {})["SHOW"] == "3"

    def test_the_workspace_decides(self, site: Site, here: Context) -> None:
        self.two(site)
        found, broken = operations(replace(here, env_choices={"SHOW": "One"}))
        assert broken == ()
        assert apply(found, {}) == {"SHOW": "1", "KEPT": "x"}

    def test_packls_that_require_each_other_have_an_order(self, site: Site, here: Context) -> None:
        install(site, "one", "ENV_SET = EnvSet(set_('SHOW', '1'))", ("two",))
        install(site, "two", "ENV_SET = EnvSet(set_('SHOW', '2'))", ("one",))
        assert operations(here)[1] == ()


class TestInstallations:
    SOURCE = """
from pipl_pipe.installation import Installation
FOUND = Installation("maya", {"linux": (r"FOLDER/maya{major}*",)}, variable="MAYA_LOCATION")
ENV_SET = EnvSet(prepend("PATH", "{installation}/bin"), installation=FOUND)
"""

    def install(self, site: Site, folder: Path) -> None:
        site.install(
            "maya",
            version="2026.1",
            entry_points={"pipl_pipe.env_sets": {"maya": "maya_packl:ENV_SET"}},
            modules={
                "maya_packl/__init__.py": "from pipl_pipe.envset import *\n"
                + self.SOURCE.replace("FOLDER", str(folder))
            },
        )

    @pytest.fixture(autouse=True)
    def _no_variable(self, monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
        monkeypatch.delenv("MAYA_LOCATION", raising=False)

    def found(self, here: Context) -> str:
        (change,), broken = operations(here)
        assert broken == ()
        return change.value

    def test_a_folder_of_its_version(self, site: Site, here: Context, tmp_path: Path) -> None:
        for name in ("maya2025", "maya2026", "maya2026.1"):
            (tmp_path / name).mkdir()
        self.install(site, tmp_path)
        assert self.found(here) == str(tmp_path / "maya2026.1" / "bin")

    def test_the_variable_comes_first(
        self, site: Site, here: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "maya2026").mkdir()
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.setenv("MAYA_LOCATION", str(tmp_path / "elsewhere"))
        self.install(site, tmp_path)
        assert self.found(here) == str(tmp_path / "elsewhere" / "bin")

    def test_without_one_it_says_where_it_looked(
        self, site: Site, here: Context, tmp_path: Path
    ) -> None:
        self.install(site, tmp_path)
        found, (fault,) = operations(here)
        assert found == []
        assert isinstance(fault, NotOnThisMachine)
        assert str(fault) == (
            "maya 2026.1 is not installed on this machine; looked at: "
            f"MAYA_LOCATION (not set), {tmp_path}/maya2026*"
        )

    def test_a_probe_that_raises_is_broken(self, site: Site, here: Context) -> None:
        source = """
from pipl_pipe.installation import Installation
def probe(version, environ): raise KeyError("registry")
ENV_SET = EnvSet(installation=Installation("nuke", {}, probe=probe))
"""
        install(site, "nuke", source)
        _, (fault,) = operations(here)
        assert "its probe: KeyError: 'registry'" in str(fault)
