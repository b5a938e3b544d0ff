"""cmd's statements and activation in the cmd of Wine, the one that runs on Linux."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import pytest

from pipl import process
from pipl.env import activation
from pipl.env.environment import Environment
from pipl.env.shells import activating, changes
from pipl.env.shells.cmd import NEW, OLD, Cmd, undoing
from pipl_pipe.variables import Operation

READ, WRITTEN = "cp437", "cp1252"
"""What Wine's cmd reads batch files in, and writes in, without a console; `chcp` needs one."""
NASTY = {
    "SPACES": "  a  b ",
    "QUOTES": 'it\'s "quoted & spaced" & "open',
    "DOLLAR": "$HOME ${HOME} $(true) $",
    "NEWLINE": "one\ntwo\r\nthree\n",
    "ACCENT": "café ñ",
    "BACKSLASH": "C:\\a\\ \\n\\",
    "BANG": "hi! !! !x",
    "PERCENT": "%PATH% 100% ^&|<>;*?[]~#{}(x)",
    "TAB": "a\tb",
    "STOP": "a\x1ab",
    "EQUALS": "=a=b,c",
}
ARRIVING = {name: re.sub(r"[\r\n\x1a]+", " ", value) for name, value in NASTY.items()}
BEFORE = {"GONE": "was 'here' !", "KEPT": "theirs", "LIST": "C:\\a;C:\\x y", "BANG": "old!"}

VIRTUALENVS = {"PATH", "PROMPT", "PKG_CONFIG_PATH"}
"""virtualenv's own lines copy these by delayed expansion, which Wine's cmd does not know."""

Run = Callable[[str], Mapping[str, str]]


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of a Windows that ends with the module."""
    if shutil.which("wine") is None:
        pytest.skip("wine, whose cmd this is, is not on this machine")
    home = tmp_path_factory.mktemp("wine")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "WINEPREFIX": str(home / "prefix")}
    environ |= {"WINEDEBUG": "-all", "LANG": "C.UTF-8"}
    try:  # its services stay, and would hold a pipe open
        nowhere = subprocess.DEVNULL
        boot = ["wine", "cmd", "/c", "exit"]
        subprocess.run(boot, env=environ, stdout=nowhere, stderr=nowhere, check=True, timeout=300)
        yield environ
    finally:
        subprocess.run(["wineserver", "-k"], env=environ, check=False, timeout=60)


@pytest.fixture
def run(wine: dict[str, str], tmp_path: Path) -> Run:
    """Run a batch file in a folder, and give the variables at its end."""

    def told(batch: str) -> Mapping[str, str]:
        text = f"{batch}\r\n@set>told.txt\r\n"
        (tmp_path / "run.bat").write_bytes(text.encode(READ))
        command = ["wine", "cmd", "/c", "run.bat"]
        process.run(command, env={**wine, **BEFORE}, cwd=tmp_path, timeout_s=120)
        lines = (tmp_path / "told.txt").read_bytes().decode(WRITTEN).split("\r\n")
        return dict(line.split("=", 1) for line in lines if "=" in line[1:])

    return told


def test_each_value_arrives_as_it_is(run: Run) -> None:
    told = run(Cmd().statements(changes.Changes(NASTY, ("GONE",))))
    assert {name: told.get(name) for name in ARRIVING} == ARRIVING
    assert "GONE" not in told


def test_activating_sets_each_value_and_deactivating_restores_each(
    run: Run, tmp_path: Path
) -> None:
    operations = [
        *(Operation(name, "set", value) for name, value in NASTY.items()),
        Operation("GONE", "unset"),
        Operation("KEPT", "default", "ours"),
        Operation("LACKED", "default", "ours"),
    ]
    environment = activated_by_batch(tmp_path / ".VENV", operations)
    before = run("")
    active = run(f"@call {environment}\\activate.bat")
    assert {name: active.get(name) for name in ARRIVING} == ARRIVING
    assert (active["KEPT"], active["LACKED"]) == ("theirs", "ours")
    assert "GONE" not in active
    assert active["VIRTUAL_ENV_PROMPT"] == "shots hero_model"
    assert active["PATH"].startswith(f"{environment};")
    after = run(f"@call {environment}\\activate.bat\r\n@call {environment}\\deactivate.bat")
    assert without(after, VIRTUALENVS) == without(before, VIRTUALENVS)


def test_activating_over_another_leaves_nothing_of_it(run: Run, tmp_path: Path) -> None:
    one = settled(tmp_path / "one", Operation("FOO", "set", "one"), Operation("LIST", "set", "1"))
    two = settled(tmp_path / "two", Operation("BAR", "set", "two"), Operation("LIST", "set", "2"))
    first = printed(one, BEFORE)
    active = run(first)
    assert (active["FOO"], active["LIST"], active["PIPL_TASK"]) == ("one", "1", "one")
    second = printed(two, active)
    active = run(first + second)
    assert (active["BAR"], active["LIST"], active["PIPL_TASK"]) == ("two", "2", "two")
    assert "FOO" not in active
    assert run(first + second + printed(two, active, activating.BACK)) == run("")


def settled(folder: Path, *operations: Operation) -> Path:
    folder.mkdir()
    activation.install(Environment(folder))
    said = {"env": [asdict(one) for one in operations], "broken": []}
    (folder / activating.SETTLED).write_text(json.dumps(said))
    (folder / activating.CONTEXT).write_text(
        json.dumps({"workspace": "C:\\w", "task": folder.name})
    )
    return folder


def printed(environment: Path, environ: Mapping[str, str], *options: str) -> str:
    """What the program of an environment prints for cmd where these variables are set."""
    ours = {name: one for name, one in environ.items() if name != "PATH"}
    program = [sys.executable, "-I", "-S", environment / activation.PROGRAM, "cmd", *options]
    return process.run(program, env=ours).stdout


def without(variables: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: one for name, one in variables.items() if name not in names}


def activated_by_batch(folder: Path, operations: list[Operation]) -> str:
    """virtualenv's batch files with ours in them. Give their folder as Windows names it.

    Wine does not wait for a Python of this machine, so what that would print is there already.
    """
    scripts = folder / "bin"
    scripts.mkdir(parents=True)
    windows = f"Z:{str(folder).replace('/', chr(92))}"
    templates = resources.files("virtualenv.activation.batch")
    words = {
        "__BATCH_ASSIGN__": (templates / "_assign.bat").read_text(),
        "__VIRTUAL_ENV_CALL__": windows,
        "__VIRTUAL_ENV__": windows,
        "__BIN_NAME__": "bin",
        "__VIRTUAL_PROMPT__": "",
        "__TCL_LIBRARY__": "",
        "__TK_LIBRARY__": "",
    }
    for name in ("activate.bat", "deactivate.bat"):
        text = (templates / name).read_text()
        for word, value in words.items():
            text = text.replace(word, value)
        (scripts / name).write_text(text, newline="\r\n")
    activation.install(Environment(folder))
    own = activating.identity({"workspace": "C:\\shots", "task": "hero_model"}, {}, operations)
    made = changes.of(operations, BEFORE, own)
    undone = changes.back(made, BEFORE)
    kept = {
        NEW: " ".join(undone.unset),
        **{f"{OLD}{name}": undone.set[name] for name in undone.set},
    }
    printed = {
        "activate.bat": Cmd().activation(made, undone, own["VIRTUAL_ENV_PROMPT"]),
        "deactivate.bat": Cmd().statements(undoing(kept)),
    }
    for name, statements in printed.items():
        (folder / f"{name}.txt").write_bytes(statements.encode(READ))
        text = (scripts / name).read_text()
        asked = re.search(r'(?m)^@"%VIRTUAL_ENV%\\bin\\python" [^>\n]*', text)
        assert asked is not None
        answer = f'@type "{windows}\\{name}.txt" '
        (scripts / name).write_text(text.replace(asked[0], answer), newline="\r\n")
    return f"{windows}\\bin"
