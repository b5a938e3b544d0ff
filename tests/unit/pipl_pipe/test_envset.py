from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from textwrap import dedent

import pytest

from pipl_pipe.context import Context
from pipl_pipe.envset import append, are_data, default, operations, prepend, set_, unset
from pipl_pipe.envset.installation import platform
from pipl_pipe.errors import EnvSetConflict, InstallationMissing
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


@pytest.mark.parametrize(
    ("source", "is_data"),
    [
        ("ENV_SET = EnvSet(set_('A', '1'))", True),
        ("def ENV_SET(env): return [set_('A', '1')]", False),
        ("ENV_SET = EnvSet(set_('A', '1'), lambda: [])", False),
        ("ENV_SET = EnvSet(installation=Installation('Maya', {}, 'MAYA_LOCATION'))", False),
        ("ENV_SET = 3", False),
        ("import not_there", False),
    ],
)
def test_data_is_told_from_what_may_change(site: Site, source: str, is_data: bool) -> None:
    install(site, "good", "ENV_SET = EnvSet(set_('A', '1'))")
    install(site, "other", source)
    assert are_data() is is_data


def test_operations_survive_json() -> None:
    one = Operation("A", "set", "1", "show-pipe")
    assert Operation(**asdict(one)) == one


class TestFunctions:
    SOURCE = """
    def env_set(root, platform, env):
        yield prepend("PATH", root / "bin")
        yield set_("FLAVOUR", f"{platform} {env.get('SHOW', 'none')}")
    """

    def test_they_see_the_folder_the_system_and_what_dependencies_have_set(
        self, site: Site, here: Context
    ) -> None:
        install(site, "show", "ENV_SET = EnvSet(set_('SHOW', 'demo'))")
        site.install(
            "tool",
            requires=["show"],
            entry_points={"pipl_pipe.env_sets": {"tool": "tool:env_set"}},
            modules={"tool/__init__.py": f"from pipl_pipe.envset import *\n{dedent(self.SOURCE)}"},
        )
        found, broken = operations(here, {})
        assert broken == ()
        after = apply(found, {})
        assert after["PATH"] == str(site.folder / "tool" / "bin")
        assert after["FLAVOUR"] == f"{platform()} demo"

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("def ENV_SET(root): raise KeyError('HOUDINI')", "KeyError: 'HOUDINI'"),
            ("def ENV_SET(wrong): return []", "it takes wrong; there are: root, assets"),
            ("def ENV_SET(): return [3]", "it gives 3, which is no operation"),
            ("def ENV_SET(): return None", "not iterable"),
            ("def ENV_SET(): raise SystemExit(3)", "SystemExit: 3"),
            ("ENV_SET = EnvSet(set_('A B', 'x'))", "'A B' cannot name a variable"),
            ("ENV_SET = EnvSet(set_('A', 'a\\0b'))", "NUL"),
            ("ENV_SET = EnvSet(alias('a;b', 'x'))", "cannot name an alias"),
            ("from pipl_pipe.variables import Operation\nENV_SET = EnvSet(Operation('A', 'add'))",
             "'add' is no action"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_with_one_is_said_and_the_others_apply(
        self, site: Site, here: Context, source: str, said: str
    ) -> None:
        install(site, "bad", source)
        install(site, "good", "ENV_SET = EnvSet(set_('A', '1'))")
        found, (fault,) = operations(here)
        assert [(one.name, one.value) for one in found] == [("A", "1")]
        assert fault.fields["distribution"] == "bad"
        assert said in str(fault)


def test_each_operation_knows_its_line(site: Site, here: Context) -> None:
    install(site, "lines", "ENV_SET = EnvSet(\n    set_('A', '1'),\n    unset('B'),\n)")
    found, _ = operations(here)
    file = site.folder / "lines" / "__init__.py"
    assert [one.line for one in found] == [f"{file}:3", f"{file}:4"]


class TestInstallations:
    def declare(self, site: Site, folder: object, *, probe: str = "None") -> None:
        site.install(
            "maya",
            version="2026.1",
            entry_points={"pipl_pipe.env_sets": {"maya": "maya:ENV_SET"}},
            modules={
                "maya/__init__.py": f"""
                    from pipl_pipe.envset import EnvSet, Installation, prepend, set_
                    FOUND = Installation(
                        "Maya", {{"{platform()}": ("{folder}/maya{{major}}*",)}}, "MAYA_LOCATION",
                        probe={probe},
                    )
                    ENV_SET = EnvSet(
                        set_("MAYA_LOCATION", "{{root}}"),
                        prepend("MAYA_MODULE_PATH", "{{package}}/modules"),
                        lambda root: [prepend("PATH", root / "bin")],
                        installation=FOUND,
                    )
                """
            },
        )

    def test_the_newest_that_fits_the_packls_version(
        self, site: Site, here: Context, tmp_path: Path
    ) -> None:
        for name in ("maya2025", "maya2026.9", "maya2026.10"):
            (tmp_path / name).mkdir()
        self.declare(site, tmp_path)
        found, broken = operations(here, {})
        assert broken == ()
        assert apply(found, {}) == {
            "MAYA_LOCATION": str(tmp_path / "maya2026.10"),
            "MAYA_MODULE_PATH": str(site.folder / "maya" / "modules"),
            "PATH": str(tmp_path / "maya2026.10" / "bin"),
        }

    def test_the_users_folder_goes_first_but_not_another_workspaces(
        self, site: Site, here: Context, tmp_path: Path
    ) -> None:
        for name in ("maya2026", "own"):
            (tmp_path / name).mkdir()
        self.declare(site, tmp_path)
        own = {"MAYA_LOCATION": str(tmp_path / "own")}
        assert apply(operations(here, own)[0], {})["MAYA_LOCATION"] == str(tmp_path / "own")
        active = {**own, "PIPL_ENV_NAMES": "SHOW MAYA_LOCATION"}
        found = apply(operations(here, active)[0], {})
        assert found["MAYA_LOCATION"] == str(tmp_path / "maya2026")

    def test_one_that_is_missing_says_what_was_looked_for(
        self, site: Site, here: Context, tmp_path: Path
    ) -> None:
        (tmp_path / "maya2026").mkdir()
        self.declare(site, tmp_path, probe="lambda folder, version: (folder / 'bin').exists()")
        install(site, "good", "ENV_SET = EnvSet(set_('A', '1'))")
        found, (fault,) = operations(here, {"MAYA_LOCATION": "/not/there"})
        assert [one.name for one in found] == ["A"]
        assert isinstance(fault, InstallationMissing)
        assert (fault.name, fault.version, fault.distribution) == ("Maya", "2026.1", "maya")
        assert fault.looked == ("MAYA_LOCATION=/not/there", f"{tmp_path}/maya2026*")
        assert "set MAYA_LOCATION to the folder" in fault.advice

    def test_a_probe_that_raises_is_the_packls_fault(
        self, site: Site, here: Context, tmp_path: Path
    ) -> None:
        (tmp_path / "maya2026").mkdir()
        self.declare(site, tmp_path, probe="lambda folder, version: 1 / 0")
        _, (fault,) = operations(here, {})
        assert "looking for Maya raised ZeroDivisionError" in str(fault)


class TestConflicts:
    def declare(self, site: Site, one: str, other: str) -> None:
        install(site, "one", f"ENV_SET = EnvSet({one})")
        install(site, "other", f"ENV_SET = EnvSet({other})")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("set_('OCIO', 'a')", "set_('OCIO', 'b')"),
            ("set_('OCIO', 'a')", "unset('OCIO')"),
            ("default('OCIO', 'a')", "default('OCIO', 'b')"),
            ("alias('OCIO', 'a')", "alias('OCIO', 'b')"),
        ],
    )
    def test_of_different_values_without_an_order_none_counts(
        self, site: Site, here: Context, one: str, other: str
    ) -> None:
        self.declare(site, f"{one}, set_('A', '1')", other)
        found, (fault,) = operations(here)
        assert [one.name for one in found] == ["A"]
        assert isinstance(fault, EnvSetConflict)
        assert fault.variable == "OCIO"
        assert [said.partition(" ")[0] for said in fault.packls] == ["one", "other"]
        assert f"{site.folder}{os.sep}other{os.sep}__init__.py:2" in str(fault)

    def test_the_workspace_chooses(self, site: Site, here: Context) -> None:
        self.declare(site, "set_('OCIO', 'a')", "set_('OCIO', 'b')")
        found, broken = operations(replace(here, prefer={"OCIO": "Other"}))
        assert broken == ()
        assert [(one.value, one.source) for one in found] == [("b", "other")]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("set_('OCIO', 'a')", "set_('OCIO', 'a')"),
            ("set_('OCIO', 'a')", "default('OCIO', 'b')"),
            ("prepend('OCIO', 'a')", "append('OCIO', 'b')"),
        ],
    )
    def test_what_no_order_changes_is_no_conflict(
        self, site: Site, here: Context, one: str, other: str
    ) -> None:
        self.declare(site, one, other)
        assert operations(here)[1] == ()

    def test_one_that_depends_on_both_decides(self, site: Site, here: Context) -> None:
        self.declare(site, "set_('OCIO', 'a')", "set_('OCIO', 'b')")
        install(site, "shot", "ENV_SET = EnvSet(set_('OCIO', 'c'))", ("one", "other"))
        found, broken = operations(here)
        assert broken == ()
        assert apply(found, {})["OCIO"] == "c"
