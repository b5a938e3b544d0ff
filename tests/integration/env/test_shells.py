"""Env sets in the shells themselves: what `activate` sets, and what `deactivate` gives back."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from pipl.env import python, venv
from pipl.env.venv import Environment
from pipl_pipe.shells import activation
from pipl_pipe.variables import Operation

NASTY = {
    "SPACES": "two  words ",
    "QUOTES": 'it\'s "so" `id`',
    "DOLLAR": "$HOME ${HOME} $(id) %PATH% !! \\ \\n \\",
    "NEWLINES": "one\ntwo\n\nfour\n",
    "UNICODE": "Größe 火 é",
    "SIGNS": "&|;<>()[]{}*?~#^=,",
    "EMPTY": "",
    "REPLACED": "ours",
}
CHANGES = [
    *(Operation(name, "set", value) for name, value in NASTY.items()),
    Operation("GONE", "unset"),
    Operation("LIST", "prepend", "/first place"),
    Operation("LIST", "append", "/last"),
    Operation("PATH", "prepend", "/tools/bin"),
    Operation("LACKING", "default", "ours"),
    Operation("HAS", "default", "ours"),
    Operation("says", "alias", "echo said 'by alias'"),
]
BEFORE = {"GONE": "it's here", "LIST": "/a:/b", "HAS": "theirs", "REPLACED": "the\nuser's"}
SOURCE = {
    "bash": ". {}/activate",
    "zsh": ". {}/activate",
    "dash": ". {}/activate",
    "fish": "source {}/activate.fish",
    "tcsh": "source {}/activate.csh",
}
DUMP = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """One in which env sets were settled, and the framework can be imported."""
    folder = tmp_path_factory.mktemp("shells") / "work space"
    folder.mkdir()
    made = venv.create(folder / ".VENV", python.running())
    here = [str(Path(activation.__file__).parents[2]), *site.getsitepackages()]
    (made.site_packages / "here.pth").write_text("\n".join(here[:1]) + "\n")
    report = {"env": [asdict(one) for one in CHANGES], "broken": []}
    (made.folder / activation.SETTLED).write_text(json.dumps(report))
    return made


def run(shell: str, environment: Environment, tmp_path: Path, script: str) -> str:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    start = SOURCE[shell].format(f"'{environment.scripts}'")
    path = tmp_path / f"script.{shell}"
    path.write_text(script.replace("ACTIVATE", start), encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **BEFORE}
    done = subprocess.run(
        [program, path], env=variables, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def dumped(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    shells_own = ("_", "SHLVL", "PWD", "OLDPWD", "HOST", "HOSTTYPE", "VENDOR", "OSTYPE", "MACHTYPE",
                  "LOGNAME", "USER", "GROUP", "TERM")  # fmt: skip
    return {key: value for key, value in found.items() if key not in shells_own}


@pytest.mark.parametrize("shell", SOURCE)
def test_activate_applies_and_deactivate_gives_back(environment, tmp_path, shell) -> None:
    dump = f'{python.running().path} -c "{DUMP}" {tmp_path}'
    steps = [f"{dump}/before", "ACTIVATE", f"{dump}/inside", "ACTIVATE", f"{dump}/again"]
    run(shell, environment, tmp_path, "\n".join([*steps, "deactivate", f"{dump}/after"]) + "\n")
    before, inside, again, after = (
        dumped(tmp_path / name) for name in ("before", "inside", "again", "after")
    )
    assert {name: inside.get(name) for name in NASTY} == NASTY
    assert "GONE" not in inside
    assert inside["LIST"] == "/first place:/a:/b:/last"
    assert inside["PATH"].startswith(f"/tools/bin:{environment.scripts}:")
    assert (inside["LACKING"], inside["HAS"]) == ("ours", "theirs")
    assert {key: again.get(key) for key in inside} == inside
    assert after == before


@pytest.mark.parametrize(
    ("shell", "on", "mine"),
    [
        ("bash", "shopt -s expand_aliases", "alias says='echo mine'"),
        ("zsh", "setopt aliases", "alias says='echo mine'"),
        ("fish", "", "alias says 'echo mine'"),
    ],
)
def test_an_alias_of_the_users_comes_back(environment, tmp_path, shell, on, mine) -> None:
    script = "\n".join([on, mine, "says", "ACTIVATE", "says", "deactivate", "says"]) + "\n"
    assert run(shell, environment, tmp_path, script).splitlines() == [
        "mine",
        "said by alias",
        "mine",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_scripts_of_its_kind_are_sourced(environment, tmp_path, shell) -> None:
    suffix = {"bash": "sh", "zsh": "sh", "fish": "fish", "tcsh": "csh"}[shell]
    made = tmp_path / f"hook it.{suffix}"
    made.write_text("echo was here\n")
    other = tmp_path / "other.ps1"
    other.write_text("echo wrong\n")
    settled = environment.folder / activation.SETTLED
    kept = settled.read_text()
    report = {"env": [asdict(Operation("", "source", str(one))) for one in (made, other)]}
    settled.write_text(json.dumps(report))
    try:
        said = run(shell, environment, tmp_path, "ACTIVATE\n")
    finally:
        settled.write_text(kept)
    assert said == "was here\n"
