"""Production plus one's own change, and publications that go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.testing.commands import Shell
from pipl.testing.projects import STAGE, RunningProject
from pipl.testing.simple_index import make_wheel


@pytest.fixture(scope="module")
def production(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published task whose lock holds an older version, and a tool that nothing requires."""
    folder = tmp_path_factory.mktemp("wheels")
    for path in (
        make_wheel(folder, "ov-geo", "1.0"),
        make_wheel(folder, "ov-tool", "1.0"),
        make_wheel(folder, "ov-look", "1.0"),
        make_wheel(folder, "ov-look", "2.0", requires=["ov-geo"]),
    ):
        running.client.upload(running.project.index, path)
    areas = running.shell.in_("workspaces")
    areas.pipl("work", "create", "made")
    made = areas.in_("made")
    made.pipl("work", "add", "ov-geo", "ov-look==1.0", "ov-tool", "pipl-pipe")
    lock = (made.cwd / "pylock.toml").read_text(encoding="utf-8")
    task = make_wheel(
        folder,
        "ov-shot",
        "1.0",
        requires=["ov-geo", "ov-look"],
        files={"ov_shot-1.0.dist-info/pylock.toml": lock},
    )
    running.client.upload(running.project.index, task)
    running.client.upload(running.project.index, make_wheel(folder, "ov-geo", "1.1"))
    return made.cwd


def shows(shell: Shell, name: str) -> str:
    code = f"import os; print(os.environ.get({name!r}))"
    return shell.pipl("work", "run", "python", "-c", code).strip()


def test_another_version_over_a_published_task(production: Path, running: RunningProject) -> None:
    areas = running.shell.in_("workspaces")
    said = areas.json("work", "overlay", "try_look", "ov-shot==1.0", "--with", "ov-look==2.0")
    moved = [{"name": "ov-look", "before": "1.0", "after": "2.0", "why": None}]
    assert said["differs"] == moved  # neither ov-geo, which is newer now, nor the tool
    overlay = areas.in_("try_look")
    status = overlay.json("work", "status")["workspace"]
    assert isinstance(status, dict)
    assert (status["overlay"], status["differs"]) == ("ov-shot==1.0", moved)
    assert "ov-look 1.0 -> 2.0" in overlay.pipl("work", "status")
    assert shows(overlay, "PIPL_OVERLAY") == "ov-shot==1.0 + ov-look"
    overlay.pipl("work", "run", "python", "-c", "import ov_shot, ov_tool")
    overlay.pipl("work", "update", "ov-geo")
    assert shows(overlay, "PIPL_OVERLAY") == "ov-shot==1.0 + ov-geo, ov-look"


def test_an_edited_packl_over_a_workspace(
    production: Path, running: RunningProject, workspace: Shell
) -> None:
    workspace.pipl("packl", "create", "ov_geo")
    source = workspace.cwd / "ov_geo"
    areas = running.shell.in_("workspaces")
    areas.pipl("work", "overlay", "try_geo", str(production), "--edit", str(source))
    overlay = areas.in_("try_geo")
    code = "import ov_geo; print(ov_geo.__file__)"
    found = overlay.pipl("work", "run", "python", "-c", code).strip()
    assert Path(found).resolve() == (source / "ov_geo" / "__init__.py").resolve()
    assert "ov-geo 1.0 -> edited here" in overlay.pipl("work", "status")
    overlay.pipl("work", "sync", "--frozen")
    assert shows(overlay, "PIPL_OVERLAY") == "made + ov-geo"
    areas.pipl("work", "delete", "try_geo", "--yes")
    assert source.exists()


def test_a_workspace_of_its_own_is_no_overlay(production: Path, running: RunningProject) -> None:
    assert shows(running.shell.in_(production), "PIPL_OVERLAY") == "None"


def test_what_cannot_be_laid_over(production: Path, running: RunningProject) -> None:
    areas = running.shell.in_("workspaces")
    for arguments, status in {
        ("ov-shot==1.0",): 2,
        ("ov-shot==9", "--with", "ov-look==2.0"): 5,
        ("ov-geo==1.0", "--with", "ov-look==2.0"): 7,
        ("ov-shot==1.0", "--with", "ov-look==7"): 6,
        ("ov-shot==1.0", "--with", "ov look"): 6,
        ("nowhere", "--with", "ov-look==2.0"): 2,
        ("ov-shot==1.0", "--edit", "nowhere"): 2,
    }.items():
        done = areas.attempt("work", "overlay", "refused", *arguments)
        assert done.status == status, done.stderr
        assert not (areas.cwd / "refused").exists()


def test_a_published_task_goes_on(running: RunningProject, workspace: Shell) -> None:
    running.client.upload(
        running.project.index, make_wheel(workspace.cwd / "wheels", "ov-brush", "1.0")
    )
    workspace.pipl("work", "add", "ov-brush")
    workspace.pipl("packl", "create", "--template", "task", "ov_next")
    task = workspace.in_("ov_next")
    task.pipl("packl", "publish")
    areas = running.shell.in_("workspaces")
    shown = task.json("packl", "show")["packl"]
    assert isinstance(shown, dict)
    published = str(shown["version"])
    release = f"ov-next=={published}"
    running.client.push(running.client.release(STAGE, "ov-next", published), running.project.index)
    areas.pipl("work", "open", release, "--edit", "--as", "goes_on")
    again = areas.in_("goes_on")
    edited = again.in_("ov_next")
    shown = edited.json("packl", "show")["packl"]
    assert isinstance(shown, dict)
    assert shown["version"] != published
    again.pipl("work", "run", "python", "-c", "import ov_brush, ov_next")
    again.pipl("work", "sync", "--frozen")
    edited.pipl("packl", "publish")
    twice = areas.attempt("work", "open", release, "--edit", "--as", "goes_on")
    assert twice.status == 2
    assert (edited.cwd / "pyproject.toml").exists()
