"""The commands by which a shell takes over what env sets ask for, and how it gives that back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Sequence

from pipl_pipe import variables
from pipl_pipe.shells.cmd import Cmd
from pipl_pipe.shells.fish import Fish
from pipl_pipe.shells.posix import Posix, Zsh
from pipl_pipe.shells.powershell import PowerShell
from pipl_pipe.shells.shell import Shell, Unsayable
from pipl_pipe.shells.tcsh import Tcsh
from pipl_pipe.variables import Operation

SETTLED = "pipl-settled.json"
"""In an environment's root: what its packls said when it was last synced."""
SHELLS: Dict[str, Shell] = {
    one.name: one for one in (Posix(), Zsh(), Fish(), Tcsh(), PowerShell(), Cmd())
}


def settled(environment: Path) -> List[Operation]:
    """The changes that were recorded for an environment; none where nothing can be read."""
    try:
        report = json.loads((environment / SETTLED).read_text(encoding="utf-8"))
        return [Operation(**one) for one in report["env"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def commands(
    shell: Shell,
    changes: Sequence[Operation],
    environ: Mapping[str, str],
    *,
    warn: Callable[[str], None],
) -> str:
    """Commands that apply the changes to a shell with these variables, and remember how to undo it.

    What the shell cannot say is left out and told to `warn`.
    """
    after = variables.apply(changes, environ)
    names = [name for name in dict.fromkeys(one.name for one in changes) if name]
    moved = [name for name in names if environ.get(name) != after.get(name)]
    aliases = {one.name: one.value for one in changes if one.action == "alias"}
    done: List[str] = []
    undone: List[str] = []
    for name in moved:
        try:
            forth, back = _moved(shell, name, after), _moved(shell, name, environ)
        except Unsayable as fault:
            warn(str(fault))
            continue
        done.append(forth)
        undone.append(back)
    for name, command in aliases.items():
        try:
            done.append(shell.alias(name, command))
            undone.append(shell.unalias(name))
        except Unsayable as fault:
            warn(str(fault))
    scripts = [
        shell.source(one.value)
        for one in changes
        if one.action == "source" and Path(one.value).suffix in shell.suffixes
    ]
    if not (done or scripts):
        return ""
    return "".join([*done, shell.remember("".join(undone)), *scripts])


def _moved(shell: Shell, name: str, values: Mapping[str, str]) -> str:
    value = values.get(name)
    return shell.unset(name) if value is None else shell.set(name, value)
