"""The user's own shell in a workspace: their start-up files first, then the environment."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipl import durable
from pipl.env.environment import Environment
from pipl.env.shells import fish, tcsh

FOLDER = "pipl-shell"
"""In the environment's root: the start-up files made here."""


@dataclass(frozen=True)
class ShellStart:
    """How a shell is started: its command line, and the variables that make it read our files.

    `activates` says whether it activates the environment itself.
    """

    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    activates: bool = True


def prepare(environment: Environment, environ: Mapping[str, str]) -> ShellStart:
    """Write what the user's shell needs and say how to start it.

    Start-up files often put other Pythons first on PATH, so the environment is activated
    after them: in bash, zsh, fish and tcsh. Any other shell is started as it is.
    """
    if sys.platform == "win32":
        command = (
            environ.get("COMSPEC", "cmd.exe"),
            "/K",
            str(environment.scripts / "activate.bat"),
        )
        return ShellStart(command)
    shell = environ.get("SHELL", "/bin/sh")
    folder = environment.folder / FOLDER
    activate = str(environment.scripts / "activate")
    name = Path(shell).name
    if name == "bash":
        own = 'if [ -f "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi'
        rc = _write(folder / "bashrc", f"{own}\n. {shlex.quote(activate)}\n")
        return ShellStart((shell, "--rcfile", str(rc), "-i"))
    if name == "zsh":
        return _zsh(shell, folder, activate, environ)
    if name == "fish":
        return ShellStart((shell, "--init-command", f"source {fish.quoted(f'{activate}.fish')}"))
    if name in ("tcsh", "csh"):
        return _tcsh(shell, folder, activate, environ)
    return ShellStart((shell,), activates=False)


def _zsh(shell: str, folder: Path, activate: str, environ: Mapping[str, str]) -> ShellStart:
    """zsh reads all its files from ZDOTDIR, which those of the user may set anew."""
    given = environ.get("ZDOTDIR", "")
    own = f"ZDOTDIR={shlex.quote(given)}" if given else "unset ZDOTDIR"
    ours = f"ZDOTDIR={shlex.quote(str(folder))}"
    env = [own, _read_by_zsh(".zshenv"), '_pipl_zdotdir="${ZDOTDIR-}"', ours]
    _write(folder / ".zshenv", "\n".join([*env, ""]))
    back = 'if [ -n "$_pipl_zdotdir" ]; then ZDOTDIR="$_pipl_zdotdir"; else unset ZDOTDIR; fi'
    rc = [back, "unset _pipl_zdotdir", _read_by_zsh(".zshrc"), f". {shlex.quote(activate)}"]
    _write(folder / ".zshrc", "\n".join([*rc, ""]))
    return ShellStart((shell, "-i"), {"ZDOTDIR": str(folder)})


def _read_by_zsh(name: str) -> str:
    path = f'"${{ZDOTDIR:-$HOME}}/{name}"'
    return f"if [ -f {path} ]; then . {path}; fi"


def _tcsh(shell: str, folder: Path, activate: str, environ: Mapping[str, str]) -> ShellStart:
    """tcsh reads its files from HOME and from nowhere else: it is right again once they do."""
    home = environ.get("HOME", "/")
    lines = [
        f"setenv HOME {tcsh.quoted(home)}",
        "set home = $HOME:q",
        "if (-e ~/.tcshrc) source ~/.tcshrc",
        "if (! -e ~/.tcshrc && -e ~/.cshrc) source ~/.cshrc",
        f"source {tcsh.quoted(f'{activate}.csh')}",
    ]
    _write(folder / ".tcshrc", "\n".join([*lines, ""]))
    return ShellStart((shell, "-i"), {"HOME": str(folder)})


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    durable.write_text(path, text)
    return path
