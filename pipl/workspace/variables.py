"""What a workspace's env sets make of the variables, and who says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipl.errors.usage import InvalidName
from pipl.workspace import folder as workspace_folder
from pipl.workspace import running, settled
from pipl.workspace.folder import Workspace
from pipl_pipe.names import normalised
from pipl_pipe.variables import Operation, apply

if TYPE_CHECKING:
    from pipl.env.shells.changes import Changes


@dataclass(frozen=True)
class Step:
    """One operation on a variable, and its value after that (None: not set)."""

    operation: Operation
    after: str | None


@dataclass(frozen=True)
class Explained:
    """How a variable comes to its value: what it is before env sets, and each step."""

    name: str
    before: str | None
    steps: tuple[Step, ...]
    value: str | None


@dataclass(frozen=True)
class Variables:
    """All that the env sets of a workspace do, in order, and what comes of it."""

    operations: tuple[Operation, ...]
    values: Mapping[str, str | None]
    """Of each variable that they name; None: it is not set."""
    broken: tuple[str, ...]

    def packls(self, name: str) -> tuple[str, ...]:
        """Which packls have a say in a variable, in order."""
        found = [one.source for one in self.operations if one.name == name]
        return tuple(dict.fromkeys(found))


def of(workspace: Workspace, environ: Mapping[str, str]) -> Variables:
    """Raises NotInstalled, WorkspaceMoved, EnvironmentDamaged."""
    said = settled.read(workspace.environment)
    after = running.environ_in(workspace, environ, said=said)
    names = sorted({one.name for one in said.env if one.action not in ("alias", "source")})
    return Variables(said.env, {name: after.get(name) for name in names}, said.broken)


def explain(workspace: Workspace, environ: Mapping[str, str], name: str) -> Explained:
    """Raises NotInstalled, WorkspaceMoved, EnvironmentDamaged."""
    running.environ_in(workspace, environ)  # is it there, and where it was made?
    current = workspace.environment.environ(environ)
    before = current.get(name)
    steps = []
    for one in settled.read(workspace.environment).env:
        current = apply([one], current)
        if one.name == name:
            steps.append(Step(one, current.get(name)))
    return Explained(name, before, tuple(steps), current.get(name))


def changes_for(workspace: Workspace, environ: Mapping[str, str]) -> Changes:
    """What a shell with these variables has to do to be in the workspace.

    Raises NotInstalled, WorkspaceMoved, EnvironmentDamaged.
    """
    from pipl.env.shells import changes  # slow to import, and other questions do without

    after = running.environ_in(workspace, environ)
    said = changes.of(settled.read(workspace.environment).env, environ, {})
    made = changes.between(environ, after)
    return dataclasses.replace(made, aliases=said.aliases, scripts=said.scripts)


def prefer(workspace: Workspace, variable: str, packl: str | None) -> Workspace:
    """Note whose env set sets a variable here (None: nobody's is preferred any more).

    It counts from the next sync on. Raises InvalidName, NotWritable.
    """
    if not variable.isidentifier():
        raise InvalidName(variable, "variables are named by letters, digits and _")
    from pipl.workspace import turns  # slow to import, and seldom is something preferred

    with turns.alone(workspace.folder / ".change.lock"):
        now = workspace_folder.load(workspace.folder)
        kept = {name: one for name, one in now.prefer.items() if name != variable}
        chosen = {} if packl is None else {variable: normalised(packl)}
        changed = dataclasses.replace(now, prefer={**kept, **chosen})
        workspace_folder.save(changed)
    return changed
