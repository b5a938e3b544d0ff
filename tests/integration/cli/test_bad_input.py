"""Wrong input: a clear error with the right exit code, and nothing lost."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from pipl.process import Completed
from pipl.project import server
from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject

PACKLS = Path(__file__).parents[2] / "packls"


def refused(done: Completed, status: int, *texts: str) -> None:
    """The command ended as designed: status, message and hint, no traceback."""
    assert done.status == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr
    assert "hint: " in done.stderr
    for text in texts:
        assert text in done.stderr


class TestProject:
    def test_a_project_inside_a_project(self, running: RunningProject) -> None:
        done = running.shell.attempt("proj", "create", "workspaces/Inner")
        refused(done, 2, "is inside the project")

    def test_a_path_that_exists(self, running: RunningProject, tmp_path: Path) -> None:
        (tmp_path / "Taken").mkdir()
        (tmp_path / "Taken" / "file").touch()
        refused(running.shell.attempt("proj", "create", str(tmp_path / "Taken")), 2, "exists")

    def test_no_project(self, running: RunningProject, tmp_path: Path) -> None:
        refused(running.shell.in_(tmp_path).attempt("proj", "user", "list"), 2, "no project")

    def test_a_port_that_is_taken(self, running: RunningProject, tmp_path: Path) -> None:
        shell = running.shell.in_(tmp_path)
        shell.pipl("proj", "create", "Other")
        with socket.socket() as taken:
            taken.bind(("localhost", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            done = shell.in_("Other").attempt("proj", "start", "--background", "--port", port)
        refused(done, 3, f"port {port} is taken")

    def test_a_server_that_is_down(self, running: RunningProject, tmp_path: Path) -> None:
        shell = running.shell.in_(tmp_path)
        shell.pipl("proj", "create", "Down", "--port", str(server.free_port()))
        refused(shell.in_("Down").attempt("proj", "user", "list"), 3, "no server answers")

    def test_a_second_server(self, running: RunningProject) -> None:
        done = running.shell.attempt("proj", "start", "--background")
        refused(done, 3, "runs already")

    def test_a_taken_port_is_not_remembered(self, running: RunningProject, tmp_path: Path) -> None:
        shell = running.shell.in_(tmp_path)
        shell.pipl("proj", "create", "Kept", "--port", "4242")
        kept = shell.in_("Kept")
        done = kept.attempt("proj", "start", "--background", "--port", str(running.project.port))
        refused(done, 3, "is taken")
        assert "port = 4242" in (kept.cwd / ".pipl").read_text(encoding="utf-8")

    def test_a_secret_is_not_sent_to_another_projects_server(
        self, running: RunningProject, tmp_path: Path
    ) -> None:
        shell = running.shell.in_(tmp_path)
        shell.pipl("proj", "create", "Lost", "--port", str(running.project.port))
        done = shell.in_("Lost").attempt("proj", "index", "create-default", "")
        refused(done, 3, f"it serves {running.project.name}, not Lost")

    @pytest.mark.parametrize("command", [["proj", "stop"], ["proj", "user", "list"]])
    def test_a_misspelt_path_does_not_mean_what_is_around_it(
        self, running: RunningProject, command: list[str]
    ) -> None:
        refused(running.shell.attempt(*command, "no-such-folder"), 2, "there is nothing at")
        assert server.status(running.project).answers

    @pytest.mark.parametrize("name", ["root", "ci"])
    def test_users_that_the_project_needs_stay(self, running: RunningProject, name: str) -> None:
        refused(running.shell.attempt("proj", "user", "delete", "", name, "--yes"), 2, name)
        assert running.client.release(running.project.index, "pipl-pipe", "1.0.0a1").files

    def test_an_index_that_others_inherit_from_stays(self, running: RunningProject) -> None:
        done = running.shell.attempt("proj", "index", "delete", "", "root/pypi", "--yes")
        refused(done, 2, "root/PROJ inherits from it")

    def test_a_password_in_a_url_is_neither_shown_nor_kept(
        self, running: RunningProject, tmp_path: Path
    ) -> None:
        url = running.project.url.replace("http://", "http://bob:s3cret@")
        done = running.shell.in_(tmp_path).attempt("work", "create-area", "area", url)
        refused(done, 2, "user or a password")
        assert "s3cret" not in done.stdout + done.stderr
        assert not (tmp_path / "area").exists()

    def test_the_database_is_not_readable_by_others(self, running: RunningProject) -> None:
        assert running.project.server.stat().st_mode & 0o077 == 0


class TestAccess:
    def test_a_wrong_password(self, running: RunningProject) -> None:
        done = running.shell.attempt("login", "anna", stdin="wrong\n")
        refused(done, 4, "wrong password for anna")
        assert "wrong\n" not in done.stdout

    def test_no_right_to_upload(self, workspace: Shell) -> None:
        workspace.pipl("packl", "create", "not_mine")
        done = workspace.attempt("packl", "publish", "--to", "root/PROJ", "-p", "not_mine")
        refused(done, 4, "anna")

    def test_nobody_is_logged_in(self, running: RunningProject, workspace: Shell) -> None:
        workspace.pipl("packl", "create", "nobodys")
        nobody = Shell.at(workspace.cwd, workspace.environ, running.shell.cwd / "nobody")
        refused(nobody.attempt("packl", "publish"), 4, "needs a login")

    def test_an_unknown_index(self, workspace: Shell) -> None:
        workspace.pipl("packl", "create", "nowhere_to_go")
        done = workspace.attempt("packl", "publish", "--to", "root/absent")
        refused(done, 5, "there is no index root/absent")


class TestPackls:
    def test_a_version_that_is_taken(self, workspace: Shell) -> None:
        workspace.pipl("packl", "create", "twice")
        workspace.pipl("packl", "publish", "--to", "root/testing")
        again = workspace.attempt("packl", "publish", "--to", "root/testing")
        refused(again, 5, "twice", "pipl packl bump patch")
        workspace.pipl("packl", "bump", "patch", "another try")
        workspace.pipl("packl", "publish", "--to", "root/testing")

    @pytest.mark.parametrize(
        ("fault", "says"),
        [
            ("missing-pyproject", "pyproject.toml"),
            ("invalid_version", "version"),
            ("other_name", "other_name"),
            ("broken_toml", "pyproject.toml"),
        ],
    )
    def test_a_packl_that_breaks_a_rule(
        self, running: RunningProject, fault: str, says: str
    ) -> None:
        shell = running.shell.in_("workspaces")
        shell.pipl("work", "create", f"holds_{fault}")
        shell = shell.in_(f"holds_{fault}")
        shutil.copytree(PACKLS / fault, shell.cwd / fault)
        refused(shell.attempt("packl", "publish", "-p", fault), 1, says)

    def test_a_name_that_cannot_be_imported(self, workspace: Shell) -> None:
        refused(workspace.attempt("packl", "create", "1-hero"), 2, "importable")
        assert not (workspace.cwd / "1-hero").exists()

    def test_an_unknown_template(self, workspace: Shell) -> None:
        refused(workspace.attempt("packl", "create", "x", "--template", "nope"), 2, "task")

    def test_a_dependency_that_nobody_has(self, workspace: Shell) -> None:
        workspace.pipl("packl", "create", "lonely")
        before = (workspace.cwd / "lonely" / "pyproject.toml").read_bytes()
        done = workspace.attempt("packl", "add", "pipl-nobody-has-this", "why not")
        refused(done, 6, "pipl-nobody-has-this")
        assert (workspace.cwd / "lonely" / "pyproject.toml").read_bytes() == before
        workspace.pipl("work", "run", "python", "-c", "import lonely")


class TestWorkspaces:
    def test_an_unresolvable_workspace_keeps_the_old_environment(self, workspace: Shell) -> None:
        workspace.pipl("work", "add", "pipl-pipe")
        lock = (workspace.cwd / "pylock.toml").read_bytes()
        done = workspace.attempt("work", "add", "pipl-pipe>=99")
        refused(done, 6, "pipl-pipe", "99")
        assert (workspace.cwd / "pylock.toml").read_bytes() == lock
        assert "99" not in (workspace.cwd / ".workspace").read_text(encoding="utf-8")
        workspace.pipl("work", "run", "python", "-c", "import pipl_pipe")

    def test_a_damaged_lock(self, workspace: Shell) -> None:
        workspace.pipl("work", "add", "pipl-pipe")
        (workspace.cwd / "pylock.toml").write_text("packages = [", encoding="utf-8")
        refused(workspace.attempt("work", "status"), 6, "not a usable lock")

    def test_not_a_release(self, running: RunningProject) -> None:
        refused(running.shell.attempt("work", "open", "hero-model"), 2, "NAME==VERSION")

    def test_a_release_that_is_not_there(self, running: RunningProject) -> None:
        refused(running.shell.attempt("work", "open", "hero-model==9"), 5, "hero-model")
        assert not (running.project.workarea / "hero_model-9").exists()

    def test_an_unknown_program(self, workspace: Shell) -> None:
        refused(workspace.attempt("work", "run", "no-such-program"), 9, "no-such-program")

    def test_only_the_workspace_itself_is_deleted(self, workspace: Shell) -> None:
        workspace.pipl("packl", "create", "precious")
        for path in ("misspelt", "precious"):
            refused(workspace.attempt("work", "delete", path, "--yes"), 2)
        assert (workspace.cwd / "precious" / "pyproject.toml").exists()

    def test_a_damaged_lock_is_made_anew(self, workspace: Shell) -> None:
        workspace.pipl("work", "add", "pipl-pipe")
        (workspace.cwd / "pylock.toml").write_text("packages = [", encoding="utf-8")
        workspace.pipl("work", "lock")
        workspace.pipl("work", "sync")

    def test_a_requirement_that_is_no_requirement(self, workspace: Shell) -> None:
        refused(workspace.attempt("work", "add", "a b c"), 6, "is not a requirement")

    def test_usage_errors_speak_json_too(self, running: RunningProject) -> None:
        error = running.shell.json("packl", "bump", "huge")["error"]
        assert isinstance(error, dict)
        assert "huge" in error["message"]

    def test_errors_speak_json_too(self, running: RunningProject) -> None:
        error = running.shell.json("work", "open", "hero-model==9")["error"]
        assert isinstance(error, dict)
        assert error["code"] == "index.release-not-found"
        assert error["fields"]["version"] == "9"


def test_a_server_stopped_in_the_middle_of_an_upload(
    running: RunningProject, workspace: Shell
) -> None:
    """The release arrives whole once the server is back; nothing half-done counts."""
    workspace.pipl("packl", "create", "interrupted")
    workspace.pipl("packl", "build")
    server.stop(running.project)
    done = workspace.attempt("packl", "publish", "--to", "root/testing")
    refused(done, 3, "pipl proj start --background")
    server.start_background(running.project, running.environ)
    workspace.pipl("packl", "publish", "--to", "root/testing")
    listed = workspace.json("proj", "index", "list", "-i", "root/testing")["packls"]
    assert listed["interrupted"]  # type: ignore[index]
