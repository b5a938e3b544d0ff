"""Which Python a workspace runs on: one that everybody admits who says so."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipl.env import python
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.errors.env import NoCommonInterpreter, NoInterpreter
from pipl.workspace.folder import Workspace
from pipl_pipe import packl

_LOCKED = re.compile(
    r'^\[\[packages\]\]\nname = "([^"\\\n]+)"\n(?:(?:version|marker) = [^\n]*\n)*'
    r'requires-python = "([^"\\\n]+)"$',
    re.MULTILINE,
)


@dataclass(frozen=True)
class Asker:
    """Somebody whose `requires` (a specifier set, PEP 440) a Python must meet."""

    who: str
    requires: str

    def __str__(self) -> str:
        return f"{self.who} requires Python {self.requires}"


def chosen(workspace: Workspace) -> Interpreter:
    """What the workspace asks for, and its edited packls and the lock admit.

    The Python of its environment stays where it may. Raises NoCommonInterpreter, which names
    who asked for what; NoInterpreter where nobody but the workspace did.
    """
    edited = of_edited(workspace)
    try:
        return common(workspace, (*edited, *of_lock(workspace)))
    except NoCommonInterpreter:
        return common(workspace, edited)  # the lock is not the newest


def common(workspace: Workspace, askers: Iterable[Asker]) -> Interpreter:
    """One that the workspace and all of these admit. Raises as `chosen`."""
    asking = tuple(askers)
    required = ",".join(asker.requires for asker in asking)
    present = workspace.environment.interpreter if workspace.python is None else None
    if present is not None and python.fits(present, required):
        return present
    try:
        return python.find(workspace.python, required)
    except NoInterpreter as fault:
        if not asking:
            raise
        own = (Asker(workspace.name, workspace.python),) if workspace.python else ()
        raise NoCommonInterpreter(tuple(map(str, (*own, *asking))), fault.found) from fault


def of_edited(workspace: Workspace) -> tuple[Asker, ...]:
    """Raises InvalidPackl, NotAPackl."""
    read = map(packl.read, workspace.edited)
    return tuple(Asker(one.name, one.requires_python) for one in read if one.requires_python)


def of_lock(workspace: Workspace) -> tuple[Asker, ...]:
    """The packages of the lock for which the Python was chosen: only of those it says so."""
    try:
        text = workspace.lock_path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(Asker(name, requires) for name, requires in _LOCKED.findall(text))


def remembered(lock: Lock, askers: Iterable[Asker]) -> Lock:
    """The lock, saying of packages in it that the Python was chosen for them."""
    requires = {asker.who: asker.requires for asker in askers}
    return dataclasses.replace(
        lock,
        packages=tuple(
            dataclasses.replace(package, requires_python=requires[package.name])
            if package.name in requires
            else package
            for package in lock.packages
        ),
    )


def carried_over(lock: Lock, before: Lock | None) -> Lock:
    """What the lock before said of Pythons still holds for packages that stay."""
    said = {one.name: one.requires_python for one in before.packages} if before else {}
    return remembered(lock, (Asker(who, requires) for who, requires in said.items() if requires))
