"""`task edit`: the right file in the right application with the right environment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from pipl_pipe.context import Context
from pipl_pipe.errors import SeveralFiles
from pipl_pipe.task import command_line, editing
from pipl_pipe.task.installed import tasks

from ..conftest import Site
from ..product.test_product import MODEL

APPLICATION = """
    import json, os, sys
    from pathlib import Path
    seen = {"args": sys.argv[1:], "env": dict(os.environ)}
    Path(os.environ["SEEN"]).write_text(json.dumps(seen))
    sys.exit(3 if "--fail" in sys.argv else 0)
"""
MAYA = """
    from pathlib import Path
    from pipl_pipe.editor import Editor
    from pipl_pipe.envset import EnvSet, prepend, set_
    ENV_SET = EnvSet(set_("MAYA_LOCATION", "{root}"), prepend("MAYA_SCRIPT_PATH", "{assets}"))
    EDITOR = Editor(
        opens=("ma",),
        command=("{python}", "-m", "maya.application", "-proj", "{workspace}", "-file", "{file}"),
        env_sets=("maya",),
    )
"""


@pytest.fixture
def workspace(show: Site, here: Context, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A workspace with a task, a product and an application."""
    show.install(
        "sh010", requires=["show-pipe"],
        entry_points={"pipl_pipe.tasks": {"sh010": "sh010:TASK"}},
        modules={
            "sh010/__init__.py": "from show_pipe import Modelling\nTASK = Modelling('sh010')\n",
            "sh010/layout.ma": "//Maya",
        },
    )  # fmt: skip
    show.install(
        "maya", requires=["pipl-pipe"],
        entry_points={
            "pipl_pipe.editors": {"maya": "maya:EDITOR"},
            "pipl_pipe.env_sets": {"maya": "maya:ENV_SET"},
        },
        modules={"maya/__init__.py": MAYA, "maya/application.py": APPLICATION},
    )  # fmt: skip
    monkeypatch.setenv("SEEN", str(show.folder / "seen.json"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(show.folder), *sys.path]))
    monkeypatch.chdir(here.workspace)
    return show


def seen(site: Site) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads((site.folder / "seen.json").read_text())
    return found


def report(capsys: pytest.CaptureFixture[str], *words: str) -> Dict[str, Any]:
    assert command_line.task(["edit", *words, "--dry-run", "--json"]) == 0
    found: Dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_tasks_only_file_opens_with_its_environment(workspace: Site, here: Context) -> None:
    assert command_line.task(["edit"]) == 0
    file = str(workspace.folder / "sh010" / "layout.ma")
    assert seen(workspace)["args"] == ["-proj", str(here.workspace), "-file", file]
    env = seen(workspace)["env"]
    assert env["MAYA_LOCATION"] == str(workspace.folder / "maya")
    assert env["MAYA_SCRIPT_PATH"] == str(here.assets)
    assert env["PIPL_CONTEXT"].endswith("pipl.json")
    assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_arguments_and_status_are_the_applications(workspace: Site) -> None:
    assert command_line.task(["edit", "layout", "--", "--fail", "--editor"]) == 3
    assert seen(workspace)["args"][-2:] == ["--fail", "--editor"]


def test_dry_run_starts_nothing(workspace: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.task(["edit", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "maya of maya would open it:" in shown
    assert f"MAYA_LOCATION={workspace.folder / 'maya'}" in shown
    assert not (workspace.folder / "seen.json").exists()


def test_json_says_what_was_run(workspace: Site, capsys: pytest.CaptureFixture[str]) -> None:
    planned = report(capsys)
    assert (planned["editor"], planned["distribution"]) == ("maya", "maya")
    assert planned["command"][-1] == planned["file"]
    assert planned["status"] is None
    command_line.task(["edit", "--json"])
    assert json.loads(capsys.readouterr().out)["status"] == 0


def test_a_file_is_found_by_path_name_or_asset(
    workspace: Site, here: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.install_product("hero_geo", [MODEL])
    (here.workspace / "notes.ma").write_text("")
    layout = str(workspace.folder / "sh010" / "layout.ma")
    shown = str(here.assets / "hero_geo" / MODEL.basename)
    for words, file in (
        (["notes.ma"], str(here.workspace / "notes.ma")),
        (["layout.ma"], layout),
        (["layout"], layout),
        ([MODEL.name, "--editor", "maya"], shown),
        ([f"hero_geo/{MODEL.basename}", "--editor", "maya"], shown),
    ):
        assert report(capsys, *words)["file"] == file


def test_the_scene_that_a_task_names_is_meant(
    workspace: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.folder / "sh010" / "other.ma").write_text("")
    with pytest.raises(SeveralFiles, match=r"layout\.ma; other\.ma"):
        editing.file_of(tasks().the())
    type(tasks().the()).scene = "other.ma"
    assert report(capsys)["file"].endswith("other.ma")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nothing"], "'nothing' is neither a file of sh010 nor an asset"),
        (["layout", "--editor", "nuke"], "nuke"),
    ],
)
def test_what_cannot_be_meant_is_said(
    workspace: Site, capsys: pytest.CaptureFixture[str], words: "list[str]", code: str
) -> None:
    assert command_line.task(["edit", *words]) == 1
    shown = capsys.readouterr().err
    assert code in shown
    assert "hint:" in shown


def test_a_task_without_files_has_nothing_to_edit(
    workspace: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.folder / "sh010" / "layout.ma").unlink()
    assert command_line.task(["edit"]) == 1
    assert "sh010 has no file that an editor of this workspace opens" in capsys.readouterr().err


def test_an_editor_without_its_env_set_is_refused(
    workspace: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.install(
        "houdini",
        entry_points={"pipl_pipe.editors": {"houdini": "houdini:EDITOR"}},
        modules={
            "houdini/__init__.py": MAYA.replace('("ma",)', '("hip",)').replace(
                '("maya",)', '("hfs",)'
            )
        },
    )
    assert command_line.task(["edit", "layout", "--editor", "houdini"]) == 1
    assert "the editor houdini needs the env set hfs" in capsys.readouterr().err


def test_an_env_set_that_raises_is_named(
    workspace: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.folder / "maya" / "__init__.py").write_text(
        "from pipl_pipe.editor import Editor\n"
        "EDITOR = Editor(opens=('ma',), command=('{python}',), env_sets=('maya',))\n"
    )
    assert command_line.task(["edit"]) == 1
    assert "ENV_SET" in capsys.readouterr().err


def test_a_sequence_opens_by_its_first_frame(
    workspace: Site, here: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = here.workspace / "beauty"
    frames.mkdir()
    for number in (1002, 1001):
        (frames / f"beauty.{number}.exr").write_bytes(b"")
    (frames / "notes").write_text("")
    planned = report(capsys, "beauty", "--editor", "maya")
    assert planned["file"] == str(frames / "beauty.1001.exr")


def test_a_tasks_own_edit_command_wins(workspace: Site, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace.folder / "sh010" / "__init__.py").write_text(
        "from pipl_pipe.task import Task, command\n"
        "class Own(Task):\n"
        "    types_group = ''\n"
        "    @command\n"
        "    def edit(self) -> str:\n"
        "        return 'its own'\n"
        "TASK = Own('sh010')\n"
    )
    assert command_line.task(["edit"]) == 0
    assert capsys.readouterr().out == "its own\n"
