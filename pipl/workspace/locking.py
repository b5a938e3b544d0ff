"""Making and keeping a workspace's lock: resolve, add, update, sync."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import FileLock

from pipl.env import python
from pipl.env.install import ALL, Installer, Resolve, Upgrade
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.errors import InvalidLock, InvalidName, InvalidRequirement, NotLocked, NotWritable
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace.folder import Workspace
from pipl.workspace.materialise import materialise
from pipl.workspace.place import Place
from pipl_pipe import packl
from pipl_pipe.names import normalised

_LEADING_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Change:
    """One package that a new lock moves: None stands for absent."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class LockChange:
    """A workspace with its new lock, and what moved."""

    workspace: Workspace
    lock: Lock
    changes: tuple[Change, ...]


def interpreter_for(workspace: Workspace) -> Interpreter:
    """The interpreter that the workspace asks for and its edited packls admit."""
    required = (edited.requires_python for edited in map(packl.read, workspace.edited))
    return python.find(workspace.python, ",".join(filter(None, required)))


def read_lock(workspace: Workspace) -> Lock | None:
    """The workspace's lock, its URLs turned to where the project's server is now."""
    if not workspace.lock_path.exists():
        return None
    return Lock.read(workspace.lock_path).rebased(workspace.binding.url)


def resolve(
    workspace: Workspace,
    installer: Installer,
    *,
    upgrade: Upgrade = frozenset(),
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> LockChange:
    """Resolve the workspace; nothing is written. Pins stay where they may, but for `upgrade`.

    `as_of` is a time, whose state of the index counts instead of today's (see `Resolve`).
    Raises Unresolvable, InvalidPackl, NoInterpreter, ServerDown.
    """
    try:
        before = read_lock(workspace)
    except InvalidLock:
        before = None  # it is made anew
    edited = workspace.edited
    for path in edited:
        packl.read(path)
    progress.phase("resolving what the workspace requires")
    lock = installer.resolve(
        Resolve(
            requirements=workspace.requirements,
            editables=edited,
            extras=workspace.extras,
            root=workspace.folder,
            index_url=workspace.binding.index_url,
            python=interpreter_for(workspace),
            prefer=before,
            upgrade=upgrade,
            as_of=as_of,
        )
    )
    return LockChange(workspace, lock, changes_between(before, lock))


def lock(
    workspace: Workspace,
    installer: Installer,
    *,
    upgrade: Upgrade = frozenset(),
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> LockChange:
    """Resolve the workspace and write its lock."""
    changed = resolve(workspace, installer, upgrade=upgrade, as_of=as_of, progress=progress)
    changed.lock.write(workspace.lock_path)
    return changed


def sync(
    workspace: Workspace,
    installer: Installer,
    place: Place,
    *,
    progress: Progress = SILENT,
) -> LockChange:
    """Make the environment equal to the lock, made first where there is none or it is stale.

    A lock is stale when it does not hold a packl that is edited here, or one that the
    workspace requires.
    """
    with _changing(workspace) as now:
        current = read_lock(now)
        if current is None or _lacks_something(now, current):
            changed = lock(now, installer, progress=progress)
        else:
            changed = LockChange(now, current, ())
        materialise(place, changed.lock, interpreter_for(now), installer, progress=progress)
    return changed


def add(
    workspace: Workspace,
    requirements: tuple[str, ...],
    installer: Installer,
    place: Place,
    *,
    progress: Progress = SILENT,
) -> LockChange:
    """Add requirements (PEP 508), lock and sync.

    Where they cannot be resolved, the workspace stays as it was. Raises Unresolvable.
    """
    names = frozenset(map(_name_of, requirements))
    with _changing(workspace) as current:
        kept = tuple(text for text in current.requirements if _name_of(text) not in names)
        wanted = dataclasses.replace(current, requirements=(*kept, *requirements))
        changed = resolve(wanted, installer, upgrade=names, progress=progress)
        workspace_folder.save(wanted)
        changed.lock.write(wanted.lock_path)
        materialise(place, changed.lock, interpreter_for(wanted), installer, progress=progress)
    return changed


def update(
    workspace: Workspace,
    names: tuple[str, ...],
    installer: Installer,
    place: Place,
    *,
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> LockChange:
    """Move the named packages (none: all) to the newest that is admitted, and sync.

    Raises NotLocked where a named package is not in the lock, Unresolvable.
    """
    current = read_lock(workspace)
    if current is None:
        raise NotLocked(str(workspace.folder))
    wanted = frozenset(normalised(name) for name in names)
    for name in sorted(wanted - {package.name for package in current.packages}):
        raise InvalidName(name, f"the lock of {workspace.name} does not hold it")
    with _changing(workspace) as now:
        changed = lock(now, installer, upgrade=wanted or ALL, as_of=as_of, progress=progress)
        materialise(place, changed.lock, interpreter_for(now), installer, progress=progress)
    return changed


def take_over(workspace: Workspace, model: Workspace) -> Workspace:
    """Give a new workspace the requirements and the lock of another, without its edited packls.

    Raises NotLocked where the other has no lock.
    """
    current = read_lock(model)
    if current is None:
        raise NotLocked(str(model.folder))
    current.without(current.editables).write(workspace.lock_path)
    changed = dataclasses.replace(workspace, requirements=model.requirements, extras=model.extras)
    workspace_folder.save(changed)
    return changed


def changes_between(before: Lock | None, after: Lock) -> tuple[Change, ...]:
    """What moves between two locks, by name."""
    old = {package.name: package.version for package in before.packages} if before else {}
    new = {package.name: package.version for package in after.packages}
    return tuple(
        Change(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


@contextmanager
def _changing(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace as its mark says now, while nobody else changes it. Raises NotWritable."""
    if not os.access(workspace.folder, os.W_OK):
        raise NotWritable(str(workspace.folder), "it is another user's, or read-only")
    with FileLock(workspace.folder / ".change.lock"):
        workspace_folder.note(workspace)  # one that was moved here, or made before its project
        yield workspace_folder.load(workspace.folder)


def _lacks_something(workspace: Workspace, current: Lock) -> bool:
    held = {package.name for package in current.packages}
    edited = {normalised(packl.read(path).name) for path in workspace.edited}
    # quicker than to parse them, and a name is all that is asked for
    found = map(_LEADING_NAME.match, workspace.requirements)
    required = {normalised(name[0]) for name in found if name}
    return not (edited <= current.editables and required <= held)


def _name_of(text: str) -> str:
    """The normalised name of a requirement. Raises InvalidRequirement."""
    # slow to import, and only adding needs it
    import packaging.requirements

    try:
        return normalised(packaging.requirements.Requirement(text).name)
    except packaging.requirements.InvalidRequirement as fault:
        raise InvalidRequirement(text, str(fault)) from fault
