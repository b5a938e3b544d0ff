"""Every shell that is installed here gets the same variables, whatever is in their values."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from pipl import process
from pipl.env import activation, python, venv
from pipl.env.shells import changes
from pipl.env.shells.known import SHELLS
from pipl_pipe.variables import Operation

NASTY = {
    "SPACES": "  a  b ",
    "QUOTES": 'it\'s "quoted" `true`',
    "DOLLAR": "$HOME ${HOME} $(true) $",
    "NEWLINE": "one\ntwo\n",
    "ACCENT": "café 日本 🎬",
    "BACKSLASH": "C:\\a\\ \\n\\",
    "BANG": "hi! !! !x",
    "PERCENT": "%PATH% 100% ^&|<>;*?[]~#{}",
    "TAB": "a\tb",
}
BEFORE = {
    "GONE": "was 'here' !",
    "KEPT": "theirs",
    "LIST": os.pathsep.join(["/a", "/x y", "/b"]),
    "BANG": "old!",
    "NEWLINE": "x\ny",
}
OPERATIONS = [
    *(Operation(name, "set", value, "nasty") for name, value in NASTY.items()),
    Operation("PATH", "prepend", "/opt/my app/bin"),
    Operation("LIST", "prepend", "/x y"),
    Operation("LIST", "append", "/z"),
    Operation("GONE", "unset"),
    Operation("KEPT", "default", "ours"),
    Operation("LACKED", "default", "ours"),
    Operation("shown", "alias", "echo 'it is' ours"),
]
AFTER = {**NASTY, "KEPT": "theirs", "LACKED": "ours", "LIST": "/x y:/a:/b:/z"}
COMMANDS = {
    "bash": (("bash", "--norc"), ""),
    "sh": (("dash",), ""),
    "zsh": (("zsh", "-f"), ""),
    "fish": (("fish", "--no-config"), ".fish"),
    "tcsh": (("tcsh", "-f"), ".csh"),
    "powershell": (("pwsh", "-NoProfile", "-Command", "-"), ".ps1"),
}
DUMP = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


class Session:
    """One shell with an environment whose packls set the operations."""

    def __init__(self, shell: str, folder: Path) -> None:
        self.command, self.suffix = COMMANDS[shell]
        if shutil.which(self.command[0]) is None:
            pytest.skip(f"{self.command[0]} is no shell of this machine")
        self.shell, self.folder = shell, folder
        self.environment = venv.create(folder / ".VENV", python.find(None), cache=folder / "cache")
        settled = {"env": [asdict(one) for one in OPERATIONS], "broken": []}
        (self.environment.folder / "pipl-settled.json").write_text(json.dumps(settled))
        mark = {"workspace": str(folder), "task": "hero_model"}
        (self.environment.folder / "pipl.json").write_text(json.dumps(mark))
        activation.install(self.environment)
        activation.install(self.environment)  # does nothing more
        (folder / "dump.py").write_text(DUMP)

    def activate(self) -> str:
        word = "." if self.shell in ("sh", "powershell") else "source"
        return f"{word} '{self.environment.scripts}/activate{self.suffix}'"

    def dump(self, name: str) -> str:
        call = "& " if self.shell == "powershell" else ""
        return f"{call}'{sys.executable}' -I -S '{self.folder}/dump.py' '{self.folder}/{name}'"

    def run(self, *lines: str) -> str:
        environ = {"HOME": str(self.folder), "PATH": os.defpath, "LANG": "C.UTF-8", **BEFORE}
        script = "\n".join([*lines, ""])
        done = process.run(self.command, env=environ, stdin=script, check=False, timeout_s=60)
        assert "rror" not in done.stderr, done.stderr
        return done.stdout

    def dumped(self, name: str) -> Mapping[str, str]:
        found: dict[str, str] = json.loads((self.folder / name).read_text())
        return {key: value for key, value in found.items() if key not in ("_", "SHLVL")}


@pytest.fixture(params=sorted(COMMANDS))
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Session:
    folder = tmp_path / "with space"
    folder.mkdir()
    return Session(request.param, folder)


def test_activating_sets_each_value_as_it_is_and_deactivating_restores_each(
    session: Session,
) -> None:
    session.run(
        session.dump("before"), session.activate(), session.dump("active"),
        "deactivate", session.dump("after"),
    )  # fmt: skip
    active = session.dumped("active")
    assert {name: active.get(name) for name in AFTER} == AFTER
    assert "GONE" not in active
    assert active["PATH"].startswith(f"/opt/my app/bin:{session.environment.scripts}:")
    assert (active["PIPL_WORKSPACE"], active["PIPL_TASK"]) == (str(session.folder), "hero_model")
    assert active["VIRTUAL_ENV_PROMPT"] == "with space hero_model"
    assert session.dumped("after") == session.dumped("before")


def test_activating_twice_is_activating_once(session: Session) -> None:
    session.run(
        session.dump("before"), session.activate(), session.activate(), session.dump("active"),
        "deactivate", session.dump("after"),
    )  # fmt: skip
    assert session.dumped("active")["LIST"] == AFTER["LIST"]
    assert session.dumped("after") == session.dumped("before")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_aliases_come_and_go_and_the_users_own_is_there_again(shell: str, tmp_path: Path) -> None:
    session = Session(shell, tmp_path)
    first = {"bash": ["shopt -s expand_aliases"]}.get(shell, [])
    equals = "=" if shell in ("bash", "zsh") else " "
    printed = session.run(
        *first, f"alias shown{equals}'echo theirs'", session.activate(), "shown", "deactivate",
        "shown",
    )  # fmt: skip
    assert printed.splitlines() == ["it is ours", "theirs"]


@pytest.mark.parametrize("shell", ["bash", "sh", "zsh", "fish", "tcsh", "powershell"])
def test_statements_alone_make_the_same_changes(shell: str, tmp_path: Path) -> None:
    session = Session(shell, tmp_path)
    variables = [one for one in OPERATIONS if one.action != "alias"]
    environ = {"PATH": os.defpath, **BEFORE}
    text = SHELLS[shell].statements(changes.of(variables, environ, {}))
    session.run(text, session.dump("active"))
    active = session.dumped("active")
    assert {name: active.get(name) for name in AFTER} == AFTER
    assert "GONE" not in active


def test_a_script_is_read_by_shells_of_its_language_alone(tmp_path: Path) -> None:
    scripts = changes.Changes(scripts=("/x/setup.csh", "/x/set up.sh", "/x/setup.fish"))
    assert SHELLS["bash"].statements(scripts) == ". '/x/set up.sh'\n"
    assert SHELLS["tcsh"].statements(scripts) == "source '/x/setup.csh'\n"
    assert SHELLS["fish"].statements(scripts) == "source '/x/setup.fish'\n"


def test_what_no_shell_here_can_run_is_quoted_by_the_rules_of_its_manual() -> None:
    made = changes.Changes({"A": "it's 50% é\n(x)"}, ("B",))
    assert SHELLS["powershell"].statements(made) == (
        "$env:A = ('' + 'it''s 50% ' + [char]233 + [char]10 + '(x)')\n"
        "Remove-Item -ErrorAction SilentlyContinue ('' + 'Env:B')\n"
    )
    assert SHELLS["cmd"].statements(made) == "@set A=it's^ 50%%^ é^ ^(x^)\r\n@set B=\r\n"
    assert json.loads(SHELLS["json"].statements(made))["set"] == {"A": "it's 50% é\n(x)"}
