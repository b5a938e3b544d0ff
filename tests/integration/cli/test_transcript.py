"""The transcript in the 2019 prototype's README, command by command (seed 002)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

import pytest

from pipl.project import folder as project_folder
from pipl.project import server
from pipl.testing.commands import Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell in a new project whose server was started by `pipl proj start`."""
    top = tmp_path_factory.mktemp("transcript")
    outside = Shell.at(top, os.environ, top / "logins")
    outside.pipl("proj", "create", str(top / "MyProject"))
    inside = outside.in_("MyProject")
    inside.pipl("proj", "start", "--background", "--port", "0")
    yield inside
    inside.pipl("proj", "stop")


class TestTranscript:
    """In the order of the README; each builds on the one before."""

    def test_only_root_is_there_at_first(self, shell: Shell) -> None:
        printed = shell.pipl("proj", "user", "list")
        assert f"Found 1 user(s) in project {shell.cwd}:" in printed
        assert printed.split()[-1] == "root"
        assert shell.pipl("proj", "user", "list", "--all").split()[-2:] == ["ci", "root"]

    def test_roots_default_password_is_an_empty_string(self, shell: Shell) -> None:
        shell.pipl("proj", "user", "set", "", "root", "--password", "123")
        assert not (shell.cwd / "system" / "secrets" / "root").exists()

    def test_the_old_password_is_over(self, shell: Shell) -> None:
        failed = shell.attempt("proj", "user", "add", "wrong", "eve", "x", "eve@pipl.io")
        assert failed.status == 4
        assert "wrong password for root" in failed.stderr

    def test_users_are_added_with_roots_new_password(self, shell: Shell) -> None:
        shell.pipl("proj", "user", "add", "123", "bob", "b0b", "bob@pipl.io")
        assert "bob" in shell.pipl("proj", "user", "list")

    def test_the_default_index_is_created(self, shell: Shell) -> None:
        shell.pipl("proj", "index", "create-default", "123")
        printed = shell.pipl("proj", "index", "list-indexes")
        assert f"Found 2 Index(es) in project {shell.cwd}:" in printed
        assert "root/PROJ" in printed

    def test_pipl_pipe_is_on_it(self, shell: Shell) -> None:
        assert re.search(r"pipl-pipe +1\.0\.0a1", shell.pipl("proj", "index", "list"))

    def test_a_stage_is_created(self, shell: Shell) -> None:
        shell.pipl("proj", "index", "create-sub", "123", "testing")
        answer = shell.json("proj", "index", "list-indexes")
        stages = {one["name"]: one for one in answer["indexes"]}  # type: ignore[attr-defined]
        assert stages["root/testing"]["bases"] == ["root/PROJ"]
        assert stages["root/testing"]["acl_upload"] == [":AUTHENTICATED:"]

    def test_the_prototypes_anonymous_upload_is_asked_for(self, shell: Shell) -> None:
        shell.pipl("proj", "index", "create-sub", "123", "open", "--public")
        answer = shell.json("proj", "index", "list-indexes")
        stages = {one["name"]: one for one in answer["indexes"]}  # type: ignore[attr-defined]
        assert stages["root/open"]["acl_upload"] == [":ANONYMOUS:"]


def test_passwords_are_nowhere_in_logs(shell: Shell) -> None:
    project = project_folder.find(shell.cwd)
    log = server.status(project).log.read_text(encoding="utf-8")
    secret = json.loads((project.secrets / "ci.token").read_text(encoding="utf-8"))["secret"]
    assert secret not in log
    assert "b0b" not in log
