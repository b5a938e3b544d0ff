"""What artists do with workspaces, by commands."""

from __future__ import annotations

import threading
from pathlib import Path

from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject
from pipl.workspace import area, folder


def test_a_workspace_like_another(running: RunningProject, workspace: Shell) -> None:
    workspace.pipl("work", "add", "pipl-pipe")
    areas = workspace.in_("..")
    areas.pipl("work", "create", "twin", "--like", str(workspace.cwd))
    twin = areas.in_("twin")
    assert (twin.cwd / "pylock.toml").read_text(encoding="utf-8") == (
        workspace.cwd / "pylock.toml"
    ).read_text(encoding="utf-8")
    twin.pipl("work", "run", "python", "-c", "import pipl_pipe")
    areas.pipl("work", "delete", "twin", "--yes")
    assert not twin.cwd.exists()


def test_a_workarea_bound_by_url(running: RunningProject, tmp_path: Path) -> None:
    """As on a machine that sees only the server: no path of the project is known there."""
    shell = running.shell.in_(tmp_path)
    shell.pipl("work", "create-area", "area", running.project.url)
    assert str(running.project.folder) not in (tmp_path / "area" / ".workarea").read_text("utf-8")
    area = shell.in_("area")
    area.pipl("work", "create", "remote")
    remote = area.in_("remote")
    remote.pipl("work", "add", "pipl-pipe")
    assert "pipl-pipe" in remote.pipl("work", "status")
    assert "remote" in area.pipl("work", "list")
    assert "environments" not in (remote.cwd / "pylock.toml").read_text("utf-8")


def test_a_workarea_bound_by_url_locks_for_the_projects_platforms(
    running: RunningProject, tmp_path: Path
) -> None:
    shell = running.shell.in_(tmp_path)
    project = str(running.project.folder)
    shell.pipl("proj", "platforms", "linux", "windows", "--project", project)
    try:
        shell.pipl("work", "create-area", "area", running.project.url)
    finally:
        shell.pipl("proj", "platforms", "--own", "--project", project)
    shell.in_("area").pipl("work", "create", "remote", "--add", "pipl-pipe")
    lock = (tmp_path / "area" / "remote" / "pylock.toml").read_text("utf-8")
    assert "environments = [\"sys_platform == 'linux'\", \"sys_platform == 'win32'\"]" in lock
    mark = tmp_path / "area" / ".workarea"
    mark.write_text(mark.read_text("utf-8").replace("windows", "amiga"), "utf-8")
    done = shell.in_("area/remote").attempt("work", "lock")
    assert (done.status, "'amiga'" in done.stderr) == (2, True)


def test_commands_in_a_workspace_keep_their_status(workspace: Shell) -> None:
    done = workspace.attempt("work", "run", "python", "-c", "import sys; sys.exit(7)")
    assert done.status == 7


def test_two_syncs_at_once(workspace: Shell) -> None:
    workspace.pipl("work", "add", "pipl-pipe")
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(workspace.attempt("work", "sync").status))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [0, 0, 0]
    workspace.pipl("work", "run", "python", "-c", "import pipl_pipe")


def test_the_shell_has_the_environment_first_whatever_start_up_files_do(
    workspace: Shell, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bashrc").write_text(
        "export PATH=/elsewhere:$PATH\nexport OWN=yes\n", encoding="utf-8"
    )
    workspace.pipl("work", "add", "pipl-pipe")
    variables = {**workspace.environ, "SHELL": "/bin/bash", "HOME": str(home)}
    typed = "command -v python\necho own=$OWN workspace=$PIPL_WORKSPACE\nexit 5\n"
    done = Shell(workspace.cwd, variables).attempt("work", "shell", stdin=typed)
    assert done.status == 5
    assert str(workspace.cwd / ".VENV" / "bin" / "python") in done.stdout
    assert f"own=yes workspace={workspace.cwd}" in done.stdout


def test_pythons_own_prompt(workspace: Shell) -> None:
    typed = "import sys; print(sys.prefix)\n"
    printed = workspace.pipl("work", "py", stdin=typed)
    assert str(workspace.cwd / ".VENV") in printed


def test_an_edited_packl_is_importable_from_the_workspace_folder(workspace: Shell) -> None:
    """Not the namespace package that its outer folder looks like."""
    workspace.pipl("packl", "create", "edited_here")
    printed = workspace.pipl(
        "work", "run", "python", "-c", "import edited_here; print(edited_here.__file__)"
    )
    assert printed.strip() == str(workspace.cwd / "edited_here" / "edited_here" / "__init__.py")


def test_two_adds_at_once_lose_nothing(workspace: Shell) -> None:
    done: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=name: done.append(workspace.attempt("work", "add", n).status)
        )
        for name in ("pipl-pipe", "six")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [0, 0]
    workspace.pipl("work", "run", "python", "-c", "import pipl_pipe, six")


def test_sync_completes_what_was_killed_before_it_was_locked(workspace: Shell) -> None:
    workspace.pipl("work", "add", "pipl-pipe")
    mark = workspace.cwd / ".workspace"
    text = mark.read_text(encoding="utf-8")
    mark.write_text(text.replace('"pipl-pipe"', '"pipl-pipe", "six"'), encoding="utf-8")
    workspace.pipl("work", "sync")
    workspace.pipl("work", "run", "python", "-c", "import six")


def test_a_moved_workspace_says_so_and_sync_repairs_it(workspace: Shell) -> None:
    workspace.pipl("work", "add", "pipl-pipe")
    moved = workspace.cwd.with_name("moved_workspace")
    workspace.cwd.rename(moved)
    shell = workspace.in_(moved)
    done = shell.attempt("work", "run", "task")
    assert done.status == 6
    assert "pipl work sync" in done.stderr
    shell.pipl("work", "sync")
    assert str(moved) in shell.pipl("work", "run", "python", "-c", "import sys; print(sys.prefix)")
    shell.attempt("work", "run", "task")


def test_a_workspace_without_a_lock_has_nothing_to_ask(
    running: RunningProject, tmp_path: Path
) -> None:
    nowhere = Binding("Show", "http://127.0.0.1:9", IndexName("root", "PROJ"))
    folder.create(area.mark(tmp_path, nowhere), "new")
    new = running.shell.in_(tmp_path / "new")
    assert "No lock yet: pipl work sync" in new.pipl("work", "status")
