from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipl_pipe import packl
from pipl_pipe.errors import InvalidPackl, NotAPackl, UnknownExtension
from pipl_pipe.packl import Note
from pipl_pipe.task import create, task_types
from pipl_pipe.task.create import create_task, with_task

from ..conftest import Site

NOTE = Note("bob", "2026-11-21", "create_task")
PROJECT = '[project]\nname = "hero-model"\nversion = "0.1.0"\ndependencies = ["pipl-pipe"]\n'


@pytest.fixture
def folder(show: Site, tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "hero_model"
    (folder / "hero_model").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "hero_model" / "__init__.py").write_text('"""The hero."""\n')
    return folder


def init_of(folder: Path) -> str:
    return (folder / "hero_model" / "__init__.py").read_text()


def test_a_packl_becomes_a_task(folder: Path) -> None:
    create_task(folder, "modelling", note=NOTE)
    found = packl.read(folder)
    assert (found.kind, found.type) == ("task", "modelling")
    assert found.dependencies == ("pipl-pipe", "show-pipe")
    assert found.entry_points == {
        "pipl_pipe.tasks": {"hero_model": "hero_model:TASK"},
        "console_scripts": {
            "hero-model-build": "hero_model:TASK.build.main",
            "hero-model-info": "hero_model:TASK.info.main",
            "OpenModel": "hero_model:TASK.open_model.main",
        },
    }
    assert "# bob, 2026-11-21: create_task" in (folder / "pyproject.toml").read_text()
    assert init_of(folder) == (
        '"""The hero."""\n\nfrom show_pipe import Modelling\n\nTASK = Modelling("hero_model")\n'
    )


def test_again_changes_nothing(folder: Path) -> None:
    create_task(folder, "modelling", note=NOTE)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    create_task(folder, "modelling", note=Note("eve", "2027-01-01"))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_types_own_files_are_added_and_existing_ones_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = {"$name/model.py": "NAME = '$name'\n", "README.md": "# $distribution\n"}
    monkeypatch.setattr(task_types()["modelling"], "template", template)
    (folder / "README.md").write_text("mine")
    create_task(folder, "modelling", note=NOTE)
    assert (folder / "hero_model" / "model.py").read_text() == "NAME = 'hero_model'\n"
    assert (folder / "README.md").read_text() == "mine"


class TestFailing:
    def test_an_unknown_type(self, folder: Path) -> None:
        with pytest.raises(UnknownExtension, match="there are: modelling; task"):
            create_task(folder, "sculpting", note=NOTE)

    def test_what_is_no_packl(self, show: Site, tmp_path: Path) -> None:
        with pytest.raises(NotAPackl):
            create_task(tmp_path, "modelling", note=NOTE)

    def test_a_package_that_cannot_be_read(self, folder: Path) -> None:
        (folder / "hero_model" / "__init__.py").write_text("x = (\n")
        with pytest.raises(InvalidPackl, match="__init__"):
            create_task(folder, "modelling", note=NOTE)
        assert (folder / "pyproject.toml").read_text() == PROJECT

    def test_everything_is_as_it_was(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        template = {"a.py": "x", "hero_model/__init__.py/b.py": "x"}
        monkeypatch.setattr(task_types()["modelling"], "template", template)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with pytest.raises(OSError):  # a file is where a folder must be
            create_task(folder, "modelling", note=NOTE)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "source",
    [
        "",
        '"""Doc."""\n',
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\n\nprint(os)\n',
        "from pipl_pipe.task import Task\n\nTASK = Task('x')\n",
        "from pipl_pipe.task import Task\n\nTASK = Task(\n    'x',\n)\n\nMORE = 1\n",
        "from pipl_pipe.task import Task\n\nclass Own(Task):\n    pass\n\nTASK = Own('x')\n",
        "# only a comment\n",
    ],
)
def test_whatever_the_package_holds(source: str) -> None:
    after = with_task(source, "show.tasks:Fancy", "x")
    tree = ast.parse(after)
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert [ast.unparse(node) for node in assigned if "TASK" in ast.unparse(node)] == [
        "TASK = Fancy('x')"
    ]
    assert "from show.tasks import Fancy" in after
    assert ast.get_docstring(tree) == ast.get_docstring(ast.parse(source))
    used = "Task(" in after or "(Task)" in after
    assert ("from pipl_pipe.task import Task" in after) == used
    assert with_task(after, "show.tasks:Fancy", "x") == after
    assert ("MORE = 1" in after) == ("MORE = 1" in source)
    future = "from __future__"
    if future in source:
        assert after.index(future) < after.index("from show.tasks")


def test_the_plain_type_needs_no_other_import() -> None:
    source = 'from pipl_pipe.task import Task\n\nTASK = Task("x")\n'
    assert create.with_task(source, "pipl_pipe.task:Task", "x").count("import") == 1
