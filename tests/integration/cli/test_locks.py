"""Locks as people work with them: checked, frozen, moved, compared, taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipl.env.lock import Lock
from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject
from pipl.testing.simple_index import make_wheel


@pytest.fixture(scope="module")
def show(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> RunningProject:
    """The project with a few packls in several versions."""
    folder = tmp_path_factory.mktemp("wheels")
    made = [
        make_wheel(folder, "lk-geo", "1.0"),
        make_wheel(folder, "lk-geo", "1.1", requires=["lk-look"]),
        make_wheel(folder, "lk-geo", "2.0rc1"),
        make_wheel(folder, "lk-look", "1.0"),
        make_wheel(folder, "lk-rig", "1.0", requires=["lk-geo", 'lk-win; sys_platform == "win32"']),
        make_wheel(folder, "lk-win", "1.0"),
    ]
    for path in made:
        running.client.upload(running.project.index, path)
    return running


def pinned(shell: Shell) -> dict[str, str]:
    lock = Lock.read(shell.cwd / "pylock.toml")
    return {name: str(version) for name, version in lock.versions.items()}


def installed(shell: Shell, module: str) -> str:
    code = f"import {module}; print({module}.__version__)"
    return shell.pipl("work", "run", "python", "-c", code).strip()


def test_moving_a_lock_there_and_back(show: RunningProject, workspace: Shell) -> None:
    workspace.pipl("work", "add", "lk-rig", "lk-geo==1.0")
    mark = workspace.cwd / ".workspace"
    mark.write_text(mark.read_text("utf-8").replace("lk-geo==1.0", "lk-geo"), encoding="utf-8")
    before = (workspace.cwd / "pylock.toml").read_bytes()

    said = workspace.json("work", "update", "lk-geo", "--dry-run")
    assert said["changes"] == [
        {"name": "lk-geo", "before": "1.0", "after": "1.1", "why": "asked for"},
        {"name": "lk-look", "before": None, "after": "1.0", "why": "required by lk-geo"},
    ]
    assert (workspace.cwd / "pylock.toml").read_bytes() == before
    assert installed(workspace, "lk_geo") == "1.0"

    workspace.pipl("work", "update", "lk-geo")
    assert pinned(workspace) == {"lk-rig": "1.0", "lk-geo": "1.1", "lk-look": "1.0"}
    workspace.pipl("work", "update", "lk-geo", "--pre")
    workspace.pipl("work", "lock")  # what is locked in a pre-release stays there
    assert pinned(workspace)["lk-geo"] == "2.0rc1"
    workspace.pipl("work", "update", "--to", "lk-geo==1.0")
    assert pinned(workspace)["lk-geo"] == "1.0"
    assert installed(workspace, "lk_geo") == "1.0"

    listed = workspace.json("work", "history")["locks"]
    assert isinstance(listed, list)
    numbers = {one["number"]: one["why"] for one in listed}
    assert list(numbers) == [1, 2, 3, 4]
    workspace.pipl("work", "rollback")
    assert installed(workspace, "lk_geo") == "2.0rc1"
    workspace.pipl("work", "rollback")
    assert installed(workspace, "lk_geo") == "1.1"
    workspace.pipl("work", "rollback", "1")
    assert (workspace.cwd / "pylock.toml").read_bytes() == before
    assert installed(workspace, "lk_geo") == "1.0"
    assert 'lk-geo==1.0"' in mark.read_text(encoding="utf-8")
    missing = workspace.attempt("work", "rollback", "99")
    assert missing.status == 6
    assert "pipl work history" in missing.stderr


def test_a_target_that_cannot_be_had_moves_nothing(show: RunningProject, workspace: Shell) -> None:
    workspace.pipl("work", "add", "lk-geo==1.0")
    before = (workspace.cwd / "pylock.toml").read_bytes()
    done = workspace.attempt("work", "update", "--to", "lk-geo==1.1")
    assert done.status == 6
    assert "lk-geo" in done.stderr
    assert workspace.attempt("work", "update", "--to", "lk-nothing==1").status == 2
    assert workspace.attempt("work", "update", "--to", "lk geo = 1").status == 6
    assert (workspace.cwd / "pylock.toml").read_bytes() == before


def test_checked_and_frozen(show: RunningProject, workspace: Shell) -> None:
    assert workspace.attempt("work", "sync", "--frozen").status == 6
    workspace.pipl("work", "add", "lk-geo==1.0")
    workspace.pipl("work", "lock", "--check")
    workspace.pipl("work", "sync", "--frozen")
    mark = workspace.cwd / ".workspace"
    text = mark.read_text(encoding="utf-8")
    mark.write_text(text.replace("==1.0", "==1.1"), encoding="utf-8")
    stale = workspace.attempt("work", "lock", "--check")
    assert stale.status == 6
    assert "lk-geo 1.0 -> 1.1" in stale.stderr
    mark.write_text(text.replace('"lk-geo', '"lk-rig", "lk-geo'), encoding="utf-8")
    for command in (("lock", "--check"), ("sync", "--frozen")):
        lacking = workspace.attempt("work", *command)
        assert lacking.status == 6
        assert "lacks lk-rig" in lacking.stderr
    assert pinned(workspace) == {"lk-geo": "1.0"}


def test_a_lock_edited_by_hand(show: RunningProject, workspace: Shell) -> None:
    workspace.pipl("work", "add", "lk-geo==1.0")
    path = workspace.cwd / "pylock.toml"
    text = path.read_text(encoding="utf-8")
    digest = text.partition('sha256 = "')[2][:64]
    path.write_text(text.replace(digest, "0" * 64), encoding="utf-8")
    refused = workspace.attempt("work", "lock", "--check")
    assert refused.status == 6
    assert "differ" in refused.stderr
    path.write_text(text.replace("sha256", "md5"), encoding="utf-8")
    for command in (("sync",), ("sync", "--frozen"), ("lock", "--check"), ("diff", ".", ".")):
        unusable = workspace.attempt("work", *command)
        assert unusable.status == 6
        assert "lk-geo" in unusable.stderr
        assert "pipl work lock" in unusable.stderr
    workspace.pipl("work", "lock")
    assert path.read_text(encoding="utf-8") == text


def test_differences(show: RunningProject, workspace: Shell) -> None:
    workspace.pipl("work", "add", "lk-geo==1.0")
    other = workspace.cwd / "other.toml"
    other.write_bytes((workspace.cwd / "pylock.toml").read_bytes())
    workspace.pipl("work", "add", "lk-geo==1.1")
    said = workspace.json("work", "diff", "other.toml", ".")
    assert said["changes"] == [
        {"name": "lk-geo", "before": "1.0", "after": "1.1", "why": None},
        {"name": "lk-look", "before": None, "after": "1.0", "why": None},
    ]
    assert "the same" in workspace.pipl("work", "diff", ".", ".")
    assert workspace.attempt("work", "diff", "nowhere", ".").status == 2
    assert workspace.attempt("work", "diff", "lk-geo==1.0").status == 7  # it carries no lock
    assert workspace.attempt("work", "diff", "lk-geo==9").status == 5


def test_other_tools_install_a_lock_for_several_platforms(
    show: RunningProject, workspace: Shell, tmp_path: Path
) -> None:
    project = str(show.project.folder)
    workspace.pipl("proj", "platforms", "windows", "linux", "--project", project)
    try:
        workspace.pipl("work", "add", "lk-rig")
        workspace.pipl("work", "lock", "--check")
    finally:
        workspace.pipl("proj", "platforms", "--own", "--project", project)
    lock = Lock.read(workspace.cwd / "pylock.toml")
    assert lock.platforms == ("linux", "windows")
    markers = {package.name: package.marker for package in lock.packages}
    assert markers["lk-rig"] is None
    assert markers["lk-win"] == 'sys_platform == "win32"'
    assert {one.index for one in lock.packages} == {show.project.binding.index_url}
    held = set(pinned(workspace))
    assert ("lk-win" in held) == (sys.platform == "win32")

    for tool in ("pip", "uv"):
        environment = tmp_path / tool
        subprocess.run([sys.executable, "-m", "virtualenv", "-q", environment], check=True)
        python = environment / "bin" / "python"
        commands = {
            "pip": [sys.executable, "-m", "pip", f"--python={python}", "install", "-q", "-r"],
            "uv": [sys.executable, "-m", "uv", "pip", "sync", "-q", f"--python={python}"],
        }
        subprocess.run([*commands[tool], "pylock.toml"], check=True, cwd=workspace.cwd)
        code = (
            "from importlib.metadata import distributions, version;"
            "print(*(f'{d.name}=={d.version}' for d in distributions() if 'lk' in d.name))"
        )
        done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
        expected = [f"{name}=={version}" for name, version in pinned(workspace).items()]
        assert sorted(done.stdout.split()) == sorted(expected)
