from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Callable

import pytest
import tomlkit

from pipl_pipe import packl
from pipl_pipe.errors import InvalidPackl, NotAPackl
from pipl_pipe.packl import Note

NOTE = Note("bob", "2026-11-21", "the shot needs it")
COMMENT = "# bob, 2026-11-21: the shot needs it"
TEXT = """\
    # at the top
    [project]
    name = "hero-model"
    version = "1.0.0"  # first
    dependencies = [
        "pipl-pipe>=1",  # the framework
        "show-pipe",
    ]

    [project.optional-dependencies]
    test = ["pytest"]

    [project.scripts]
    OpenHero = "hero_model:TASK.open.main"

    [project.entry-points."pipl_pipe.tasks"]
    hero_model = "hero_model:TASK"

    [tool.pipl]
    kind = "task"
    type = "modelling"

    [tool.other]
    kept = true
"""
Make = Callable[[str], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A packl's folder with this pyproject.toml."""

    def make(text: str) -> Path:
        folder = tmp_path / "hero_model"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(textwrap.dedent(text), encoding="utf-8")
        return folder

    return make


def text_of(folder: Path) -> str:
    return (folder / "pyproject.toml").read_text(encoding="utf-8")


class TestReading:
    def test_what_a_packl_declares(self, make: Make) -> None:
        found = packl.read(make(TEXT))
        assert (found.name, found.package, found.version) == ("hero-model", "hero_model", "1.0.0")
        assert (found.kind, found.type) == ("task", "modelling")
        assert found.dependencies == ("pipl-pipe>=1", "show-pipe")
        assert found.extras == {"test": ("pytest",)}
        assert found.entry_points == {
            "console_scripts": {"OpenHero": "hero_model:TASK.open.main"},
            "pipl_pipe.tasks": {"hero_model": "hero_model:TASK"},
        }

    def test_how_a_task_follows_and_what_it_makes(self, make: Make) -> None:
        lines = 'kind = "task"\nfollow = "auto"\nproducts = ["Hero_Geo", "hero-bones"]'
        found = packl.read(make(TEXT.replace('kind = "task"', lines)))
        assert (found.follow, found.products) == ("auto", ("hero-bones", "hero-geo"))

    def test_little_is_needed(self, make: Make) -> None:
        found = packl.read(make('[project]\nname = "Hero.Model"\nversion = "1.0-rc1"\n'))
        assert (found.kind, found.type, found.version) == ("code", "", "1.0rc1")
        assert (found.dependencies, found.extras, found.entry_points) == ((), {}, {})
        assert (found.follow, found.products) == ("manual", ())

    @pytest.mark.parametrize("text", ["", "[project", "project = 3", '[tool.x]\ny = "\\ud800"'])
    def test_what_is_no_packl(self, make: Make, text: str) -> None:
        with pytest.raises(NotAPackl, match="hero_model"):
            packl.read(make(text))

    def test_a_folder_without_a_project_file(self, tmp_path: Path) -> None:
        with pytest.raises(NotAPackl, match=r"no pyproject\.toml"):
            packl.read(tmp_path)

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ('name = "hero-model"', "", "project.name is missing"),
            ('"hero-model"', '"hero-modl"', "its folder is hero_model, not hero_modl"),
            ('"hero-model"', '"-"', "not a distribution name"),
            ('version = "1.0.0"', "", "project.version is missing"),
            ('"1.0.0"', '"one"', "'one' is not a version"),
            ('"1.0.0"', "1.0", "1.0 is not a version"),
            ('"show-pipe"', '"show pipe"', "'show pipe' is not a requirement"),
            ('"show-pipe"', "3", "dependencies is not a list of texts"),
            ('["pytest"]', '["pytest=="]', "'pytest==' is not a requirement"),
            ('["pytest"]', "3", "optional-dependencies.test is not a list"),
            ('kind = "task"', 'kind = "tsk"', "'tsk' is none of code, config"),
            ('"hero_model:TASK.open.main"', "3", "console_scripts is not a table of texts"),
            ("dependencies = [", 'requires-python = "3"\ndependencies = [', "not a specifier"),
            ('type = "modelling"', 'follow = "always"', "'always' is none of auto, manual"),
            ('type = "modelling"', "follow = true", "True is none of auto, manual"),
            ('type = "modelling"', 'products = "hero"', "a list of distribution names, not 'hero'"),
            ('type = "modelling"', 'products = ["hero", 3, "a b"]', "not 3, 'a b'"),
            ('kind = "task"', 'kind = "code"\nfollow = "auto"', "follow is for tasks"),
            ('kind = "task"', 'kind = "code"\nproducts = ["hero"]', "products is for tasks"),
        ],
    )
    def test_a_broken_rule_is_told(self, make: Make, old: str, new: str, problem: str) -> None:
        with pytest.raises(InvalidPackl, match=problem):
            packl.read(make(TEXT.replace(old, new, 1)))

    def test_every_problem_is_told_at_once(self, make: Make) -> None:
        with pytest.raises(InvalidPackl) as caught:
            packl.read(make('[project]\nname = "x"\nversion = "y"\ndependencies = ["?"]\n'))
        assert len(caught.value.problems) == 3


class TestEditing:
    def test_the_rest_of_the_file_stays(self, make: Make) -> None:
        folder = make(TEXT)
        before = text_of(folder).splitlines()
        packl.set_version(folder, "1.1.0", NOTE)
        packl.add_dependency(folder, "hero-rig>=2", NOTE)
        after = text_of(folder).splitlines()
        assert [line for line in before if line not in after] == ['version = "1.0.0"  # first']
        assert [line for line in after if line not in before] == [
            f'version = "1.1.0" {COMMENT}', f'    "hero-rig>=2", {COMMENT}',
        ]  # fmt: skip

    def test_line_ends_stay(self, make: Make) -> None:
        folder = make(TEXT)
        content = (folder / "pyproject.toml").read_bytes().replace(b"\n", b"\r\n")
        (folder / "pyproject.toml").write_bytes(content)
        packl.set_version(folder, "1.1.0", NOTE)
        after = (folder / "pyproject.toml").read_bytes()
        assert after.count(b"\r\n") == after.count(b"\n") == content.count(b"\n")

    def test_a_dependency_on_the_same_is_replaced(self, make: Make) -> None:
        folder = make(TEXT)
        packl.add_dependency(folder, "Show_Pipe<2", NOTE)
        assert packl.read(folder).dependencies == ("pipl-pipe>=1", "Show_Pipe<2")
        assert '"pipl-pipe>=1",  # the framework' in text_of(folder)

    @pytest.mark.parametrize(
        "given", ["", "dependencies = []", 'dependencies = ["a", "b"]', 'dependencies=["a"] # x']
    )
    def test_however_dependencies_are_written(self, make: Make, given: str) -> None:
        folder = make(f'[project]\nname = "hero-model"\nversion = "1"\n{given}\n')
        before = packl.read(folder).dependencies
        packl.add_dependency(folder, "hero-rig", NOTE)
        assert packl.read(folder).dependencies == (*before, "hero-rig")
        assert f'    "hero-rig", {COMMENT}' in text_of(folder).splitlines()

    def test_to_an_extra(self, make: Make) -> None:
        folder = make(TEXT)
        packl.add_dependency(folder, "ruff", NOTE, extra="edit")
        packl.add_dependency(folder, "coverage", NOTE, extra="test")
        assert packl.read(folder).extras == {"test": ("pytest", "coverage"), "edit": ("ruff",)}

    def test_entry_points_scripts_and_tables(self, make: Make) -> None:
        folder = make('[project]\nname = "hero-model"\nversion = "1"\n')
        packl.set_entry_point(folder, "pipl_pipe.tasks", "hero", "hero_model:TASK", NOTE)
        packl.set_entry_point(folder, "console_scripts", "Open", "hero_model:TASK.open.main", NOTE)
        packl.set_table(folder, "tool.pipl", {"kind": "task", "type": "modelling"}, NOTE)
        found = packl.read(folder)
        assert (found.kind, found.type) == ("task", "modelling")
        assert found.entry_points["pipl_pipe.tasks"] == {"hero": "hero_model:TASK"}
        assert found.entry_points["console_scripts"] == {"Open": "hero_model:TASK.open.main"}
        before = text_of(folder)
        packl.set_entry_point(folder, "pipl_pipe.tasks", "hero", "hero_model:TASK", NOTE)
        packl.set_table(folder, "tool.pipl", {"kind": "task"}, NOTE)
        assert text_of(folder) == before

    def test_tables_in_any_order(self, make: Make) -> None:
        folder = make(
            '[project]\nname = "hero-model"\nversion = "1"\n[tool.x]\ny = 1\n'
            '[project.scripts]\na = "b:c"\n'
        )
        packl.set_entry_point(folder, "pipl_pipe.tasks", "hero", "hero_model:TASK", NOTE)
        packl.add_dependency(folder, "hero-rig", NOTE)
        packl.add_dependency(folder, "ruff", NOTE, extra="edit")
        packl.set_version(folder, "2", NOTE)
        found = packl.read(folder)
        assert (found.version, found.dependencies) == ("2", ("hero-rig",))
        assert found.extras == {"edit": ("ruff",)}
        assert set(found.entry_points) == {"console_scripts", "pipl_pipe.tasks"}

    @pytest.mark.parametrize(
        "edit",
        [
            lambda folder: packl.set_version(folder, "one", NOTE),
            lambda folder: packl.add_dependency(folder, "hero rig", NOTE),
            lambda folder: packl.set_table(folder, "tool.pipl", {"kind": "tsk"}, NOTE),
        ],
    )
    def test_a_file_is_never_broken(self, make: Make, edit: Callable[[Path], None]) -> None:
        folder = make(TEXT)
        before = text_of(folder)
        with pytest.raises(InvalidPackl):
            edit(folder)
        assert text_of(folder) == before
        assert [path.name for path in folder.iterdir()] == ["pyproject.toml"]

    def test_a_note_stays_one_comment(self, make: Make) -> None:
        folder = make(TEXT)
        packl.add_dependency(folder, "hero-rig", Note("bob", "2026-11-21", 'a\n]\n[x]\x00 "#'))
        assert packl.read(folder).dependencies[-1] == "hero-rig"
        assert "x" not in tomlkit.parse(text_of(folder))
        assert str(Note("bob", "2026-11-21")) == "bob, 2026-11-21"
