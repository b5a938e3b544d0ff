from __future__ import annotations

from pathlib import Path

import pytest

from pipl_pipe import packl
from pipl_pipe.context import Context
from pipl_pipe.task import command_line

from ..conftest import Site


@pytest.fixture
def workspace(show: Site) -> Site:
    """A workspace whose task is hero_model."""
    install(show, "hero_model")
    return show


def install(site: Site, package: str) -> None:
    site.install(
        package.replace("_", "-"),
        requires=["show-pipe"],
        entry_points={"pipl_pipe.tasks": {package: f"{package}:TASK"}},
        modules={
            f"{package}/__init__.py": f"""
                from show_pipe import Modelling
                TASK = Modelling({package!r})
            """
        },
    )


def test_without_a_name_the_commands_are_listed(
    workspace: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.task([]) == 0
    shown = capsys.readouterr().out
    assert "hero_model (modelling):" in shown
    assert "task build          Build the model.  [hero-model-build]" in shown
    assert "[OpenModel]" in shown


def test_a_command_runs_with_its_arguments(
    workspace: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.task(["build", "--quality", "9"]) == 0
    assert command_line.task(["open_model", "x.usdc", "--read-only"]) == 0
    assert capsys.readouterr().out == "built with 9\nx.usdc True\n"


def test_info_tells_what_the_task_uses(workspace: Site, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.install_product("hero_rig", [])
    workspace.install(
        "sh010", requires=["hero-rig"],
        entry_points={"pipl_pipe.tasks": {"sh010": "sh010:TASK"}},
        modules={"sh010/__init__.py": "from pipl_pipe.task import Task\nTASK = Task('sh010')\n"},
    )  # fmt: skip
    assert command_line.task(["--task", "sh010", "info"]) == 0
    shown = capsys.readouterr().out
    assert "sh010 1.0.0 (task)" in shown
    assert "uses hero_rig 1.0.0 (product): no assets" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["render"], "no command 'render'; it has: build"), (["--task", "x", "build"], "'x'")],
)
def test_what_is_not_there_is_one_line_and_a_hint(
    workspace: Site, capsys: pytest.CaptureFixture[str], arguments: "list[str]", message: str
) -> None:
    assert command_line.task(arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "hint: " in error


def test_a_workspace_without_a_task(show: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.task([]) == 1
    assert "no task is installed here" in capsys.readouterr().err


class TestSeveral:
    def test_they_are_named(self, workspace: Site, capsys: pytest.CaptureFixture[str]) -> None:
        install(workspace, "hero_rig")
        assert command_line.task(["build"]) == 1
        assert "hero_model; hero_rig" in capsys.readouterr().err
        assert command_line.task(["--task", "hero_rig", "build"]) == 0

    def test_the_one_that_is_edited_is_meant(
        self, workspace: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        install(workspace, "hero_rig")
        edited = tmp_path / "hero_rig"
        (workspace.folder / "hero_rig").rename(tmp_path / "package")
        edited.mkdir()
        (tmp_path / "package").rename(edited / "hero_rig")
        (edited / "pyproject.toml").write_text("")
        monkeypatch.syspath_prepend(str(edited))
        assert command_line.task([]) == 0
        assert "hero_rig (modelling)" in capsys.readouterr().out


class TestCreateTask:
    def make(self, folder: Path) -> Path:
        (folder / "sh010_layout").mkdir(parents=True)
        text = '[project]\nname = "sh010-layout"\nversion = "0.1.0"\n'
        (folder / "pyproject.toml").write_text(text)
        return folder

    def test_by_the_packls_name_in_the_workspace(
        self, show: Site, here: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        folder = self.make(here.workspace / "sh010_layout")
        monkeypatch.chdir(tmp_path)
        assert command_line.create_task(["sh010_layout", "modelling"]) == 0
        assert packl.read(folder).type == "modelling"
        assert "sh010_layout is a modelling task now" in capsys.readouterr().out

    def test_by_its_folder(
        self, show: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        folder = self.make(tmp_path / "sh010_layout")
        monkeypatch.chdir(folder)
        assert command_line.create_task([".", "modelling", "--why", "layout"]) == 0
        assert packl.read(folder).type == "modelling"
        assert ": layout" in (folder / "pyproject.toml").read_text()

    def test_a_packl_that_is_not_there(
        self, show: Site, here: Context, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command_line.create_task(["nothing", "modelling"]) == 1
        assert "is not a packl" in capsys.readouterr().err
