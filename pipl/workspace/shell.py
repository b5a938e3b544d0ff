"""The user's own shell in a workspace: their start-up files first, then the environment."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipl import durable
from pipl.env.venv import Environment

FOLDER = "pipl-shell"
"""In the environment's root: the start-up files made here."""


@dataclass(frozen=True)
class ShellStart:
    """How a shell is started: its command line, and the variables that make it read our files."""

    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def prepare(environment: Environment, environ: Mapping[str, str]) -> ShellStart:
    """Write what the user's shell needs and say how to start it.

    Start-up files often put other Pythons first on PATH, so the environment is activated
    after them: in bash, zsh and fish. Any other shell is started as it is.
    """
    if sys.platform == "win32":
        return ShellStart((environ.get("COMSPEC", "cmd.exe"),))
    shell = environ.get("SHELL", "/bin/sh")
    folder = environment.folder / FOLDER
    activate = shlex.quote(str(environment.scripts / "activate"))
    name = Path(shell).name
    if name == "bash":
        own = 'if [ -f "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi'
        rc = _write(folder / "bashrc", f"{own}\n. {activate}\n")
        return ShellStart((shell, "--rcfile", str(rc), "-i"))
    if name == "zsh":
        _write(folder / ".zshenv", 'if [ -f "$HOME/.zshenv" ]; then . "$HOME/.zshenv"; fi\n')
        own = 'ZDOTDIR="$HOME"\nif [ -f "$HOME/.zshrc" ]; then . "$HOME/.zshrc"; fi'
        _write(folder / ".zshrc", f"{own}\n. {activate}\n")
        return ShellStart((shell, "-i"), {"ZDOTDIR": str(folder)})
    if name == "fish":
        return ShellStart((shell, "--init-command", f"source {activate}.fish"))
    return ShellStart((shell,))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    durable.write_text(path, text)
    return path
