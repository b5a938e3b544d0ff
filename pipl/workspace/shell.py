"""The user's own shell in a workspace: their start-up files first, then the environment."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl import durable
from pipl.workspace import running
from pipl.workspace.folder import Workspace

FOLDER = "pipl-shell"
_WHO = ("PIPL_WORKSPACE", "PIPL_TASK")
"""In the environment's root: the start-up files made here."""


@dataclass(frozen=True)
class ShellStart:
    """How a shell is started: its command line, and all of its variables."""

    command: tuple[str, ...]
    variables: Mapping[str, str]


def prepare(workspace: Workspace, environ: Mapping[str, str]) -> ShellStart:
    """Write what the user's shell needs and say how to start it.

    Start-up files often put other Pythons first on PATH, so the environment is activated
    after them: in bash, zsh and fish, where `deactivate` leads back to what they made. Any
    other shell starts with the workspace's variables. Raises NotInstalled, WorkspaceMoved.
    """
    inside = running.environ_in(workspace, environ)
    environment = workspace.environment
    who = {key: inside[key] for key in _WHO if key in inside}
    who["PIPL_PROMPT"] = ":".join(filter(None, (workspace.name, inside.get("PIPL_TASK"))))
    outside = {**environ, **who}
    if sys.platform == "win32":
        return ShellStart((environ.get("COMSPEC", "cmd.exe"),), {**inside, **who})
    shell = environ.get("SHELL", "/bin/sh")
    folder = environment.folder / FOLDER
    activate = shlex.quote(str(environment.scripts / "activate"))
    name = Path(shell).name
    if name == "bash":
        own = 'if [ -f "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi'
        rc = _write(folder / "bashrc", f"{own}\n. {activate}\n")
        return ShellStart((shell, "--rcfile", str(rc), "-i"), outside)
    if name == "zsh":
        _write(folder / ".zshenv", 'if [ -f "$HOME/.zshenv" ]; then . "$HOME/.zshenv"; fi\n')
        own = 'ZDOTDIR="$HOME"\nif [ -f "$HOME/.zshrc" ]; then . "$HOME/.zshrc"; fi'
        _write(folder / ".zshrc", f"{own}\n. {activate}\n")
        return ShellStart((shell, "-i"), {**outside, "ZDOTDIR": str(folder)})
    if name == "fish":
        return ShellStart((shell, "--init-command", f"source {activate}.fish"), outside)
    return ShellStart((shell,), {**inside, **who})


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    durable.write_text(path, text)
    return path
