"""Making and keeping a workspace's lock: resolve, add, update, sync."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pipl.env import python
from pipl.env.install import ALL, Installer, Resolve, Upgrade
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.errors import InvalidName, NotLocked
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace.folder import Workspace
from pipl.workspace.materialise import materialise
from pipl.workspace.place import Place
from pipl_pipe import packl
from pipl_pipe.names import normalised


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
    progress: Progress = SILENT,
) -> LockChange:
    """Resolve the workspace; nothing is written. Pins stay where they may, but for `upgrade`.

    Raises Unresolvable, InvalidPackl, NoInterpreter, ServerDown.
    """
    before = read_lock(workspace)
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
        )
    )
    return LockChange(workspace, lock, changes_between(before, lock))


def lock(
    workspace: Workspace,
    installer: Installer,
    *,
    upgrade: Upgrade = frozenset(),
    progress: Progress = SILENT,
) -> LockChange:
    """Resolve the workspace and write its lock."""
    changed = resolve(workspace, installer, upgrade=upgrade, progress=progress)
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

    A lock is stale when a packl is edited here that it does not hold.
    """
    current = read_lock(workspace)
    if current is None or _missing_editables(workspace, current):
        changed = lock(workspace, installer, progress=progress)
    else:
        changed = LockChange(workspace, current, ())
    materialise(place, changed.lock, interpreter_for(workspace), installer, progress=progress)
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
    kept = tuple(text for text in workspace.requirements if _name_of(text) not in names)
    before = workspace.requirements
    added = workspace_folder.with_requirements(workspace, (*kept, *requirements))
    try:
        changed = lock(
            added,
            installer,
            upgrade=names,
            progress=progress,
        )
    except BaseException:
        workspace_folder.with_requirements(workspace, before)
        raise
    materialise(place, changed.lock, interpreter_for(added), installer, progress=progress)
    return changed


def update(
    workspace: Workspace,
    names: tuple[str, ...],
    installer: Installer,
    place: Place,
    *,
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
    changed = lock(workspace, installer, upgrade=wanted or ALL, progress=progress)
    materialise(place, changed.lock, interpreter_for(workspace), installer, progress=progress)
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


def _missing_editables(workspace: Workspace, current: Lock) -> bool:
    held = {package.name for package in current.packages if package.editable}
    edited = {normalised(packl.read(path).name) for path in workspace.edited}
    return not edited <= held


def _name_of(text: str) -> str:
    """The normalised name of a requirement. Raises InvalidName."""
    # slow to import, and only adding needs it
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return normalised(Requirement(text).name)
    except InvalidRequirement as fault:
        raise InvalidName(text, f"not a requirement: {fault}") from fault
