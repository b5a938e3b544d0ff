"""Making and keeping a workspace's lock: resolve, add, sync."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pipl.env import requirement
from pipl.env.install import Installer, Meanwhile, Resolve, Upgrade
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.errors.env import InvalidLock, InvalidRequirement, LockStale, NotLocked, Unresolvable
from pipl.errors.usage import NotWritable
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace import history, interpreters, turns
from pipl.workspace.changes import Change, changes_between
from pipl.workspace.folder import Workspace
from pipl.workspace.place import Place
from pipl_pipe import packl
from pipl_pipe.names import normalised

_LEADING_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class LockChange:
    """A workspace with its new lock, and what moved."""

    workspace: Workspace
    lock: Lock
    changes: tuple[Change, ...]

    @property
    def packages(self) -> int:
        """How many packages are locked."""
        return len(self.lock.packages)

    @property
    def broken(self) -> tuple[str, ...]:
        """What is wrong with the installed packls. Raises EnvironmentDamaged."""
        from pipl.workspace import agreement, settled

        environment = self.workspace.environment
        return *settled.read(environment).broken, *agreement.read(environment)


def interpreter_for(workspace: Workspace) -> Interpreter:
    """The interpreter that the workspace asks for, its edited packls and its lock admit."""
    return interpreters.chosen(workspace)


def read_lock(workspace: Workspace) -> Lock | None:
    """The workspace's lock, its URLs turned to where the project's server is now."""
    if not workspace.lock_path.exists():
        return None
    return Lock.read(workspace.lock_path).rebased(workspace.binding.url)


def lock_if_usable(workspace: Workspace) -> Lock | None:
    """The workspace's lock, None also where it is damaged and so has to be made anew."""
    try:
        return read_lock(workspace)
    except InvalidLock:
        return None


def wanted(
    workspace: Workspace,
    *,
    upgrade: Upgrade = frozenset(),
    constraints: tuple[str, ...] = (),
    prereleases: Upgrade = frozenset(),
    prefer: Lock | None = None,
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> Resolve:
    """What an installer is to resolve for the workspace; `prefer` instead of its own lock.

    Raises InvalidPackl, NoInterpreter.
    """
    before = prefer or lock_if_usable(workspace)
    edited = workspace.edited
    for path in edited:
        packl.read(path)
    progress.phase("resolving what the workspace requires")
    return Resolve(
        requirements=workspace.requirements,
        editables=edited,
        extras=workspace.extras,
        root=workspace.folder,
        index_url=workspace.binding.index_url,
        python=interpreter_for(workspace),
        constraints=constraints,
        prefer=before,
        upgrade=upgrade,
        prereleases=prereleases,
        as_of=as_of,
        # where the project's folder is not seen, the lock knows what it was made for
        platforms=workspace.binding.platforms or (before.platforms if before else ()),
    )


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
    asked = wanted(workspace, upgrade=upgrade, as_of=as_of, progress=progress)
    lock = solve(workspace, asked, installer, progress=progress)
    return LockChange(workspace, lock, changes_between(asked.prefer, lock))


def solve(
    workspace: Workspace, asked: Resolve, installer: Installer, *, progress: Progress = SILENT
) -> Lock:
    """The lock for what is asked, with another interpreter where one is found that fits better.

    Raises Unresolvable, which says what was found out of the conflict, and NoCommonInterpreter.
    """
    try:
        return interpreters.carried_over(installer.resolve(asked), asked.prefer)
    except Unresolvable as fault:
        from pipl.workspace import explaining  # slow to import, and seldom needed

        progress.phase("looking for what would make it solvable")
        return explaining.solved_otherwise(fault, workspace, asked, installer)


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


def relock(
    workspace: Workspace,
    installer: Installer,
    *,
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> LockChange:
    """Resolve the workspace, write its lock and remember it."""
    with changing(workspace) as now:
        changed = lock(now, installer, as_of=as_of, progress=progress)
        history.note(now, "lock")
    return changed


def sync(
    workspace: Workspace,
    installer: Installer,
    place: Place,
    *,
    frozen: bool = False,
    progress: Progress = SILENT,
) -> LockChange:
    """Make the environment equal to the lock, made first where there is none or it is stale.

    A lock is stale when it does not hold a packl that is edited here, or one that the
    workspace requires. A `frozen` one is never made: raises NotLocked, LockStale instead.
    """
    with changing(workspace) as now:
        current = read_lock(now)
        lacks = lacking(now, current) if current else ()
        if frozen and current is None:
            raise NotLocked(str(now.folder))
        if frozen and lacks:
            raise LockStale(str(now.lock_path), f"it lacks {', '.join(lacks)}")
        if current is None or lacks:
            changed = lock(now, installer, progress=progress)
        else:
            changed = LockChange(now, current, ())
        from pipl.workspace import stamp  # slow to import, and who only locks does without

        changes = bool(changed.changes) or stamp.is_of_another_lock(now)
        settle(now, changed.lock, installer, place, why="sync", changes=changes, progress=progress)
    return changed


def settle(
    workspace: Workspace,
    lock: Lock,
    installer: Installer,
    place: Place,
    *,
    why: str,
    changes: bool = True,
    restored: int | None = None,
    python: Interpreter | None = None,
    meanwhile: Meanwhile | None = None,
    progress: Progress = SILENT,
) -> None:
    """Install the lock that was written, and remember it; while nobody else changes it.

    Without `changes` in the lock, the installer is first asked whether there is anything to do.
    `python` is the interpreter, None: what the workspace and its lock say. A lock may also be
    written by `meanwhile`, which is called while the installer is at work.
    """
    # slow to import, and who only locks does without
    from pipl.workspace import agreement, settled, stamp
    from pipl.workspace.materialise import materialise

    around = stamp.around_of(workspace, place.environ)  # as it is before anybody reads it
    made_from = "" if meanwhile else stamp.given(workspace, place.environ, around)

    def beside() -> None:
        nonlocal made_from
        if meanwhile:
            meanwhile()
            made_from = stamp.given(workspace, place.environ, around)

    environment = materialise(
        place,
        lock,
        python or interpreter_for(workspace),
        installer,
        ask_first=not changes,
        meanwhile=beside,
        progress=progress,
    )
    said = settled.read(environment)
    if said.fixed and not said.broken and not agreement.read(environment):
        stamp.put(workspace, place.environ, made_from, len(lock.packages))
    history.note(workspace, why, restored=restored)


def add(
    workspace: Workspace,
    requirements: tuple[str, ...],
    installer: Installer,
    place: Place,
    *,
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> LockChange:
    """Add requirements (PEP 508), lock and sync; of those on the index, what was there `as_of`.

    Where they cannot be resolved, the workspace stays as it was. What is known to come out, if
    the index is as it was, is installed while the server is asked. Raises Unresolvable.
    """
    names = frozenset(map(name_of, requirements))
    with changing(workspace) as current:
        kept = tuple(text for text in current.requirements if name_of(text) not in names)
        more = dataclasses.replace(current, requirements=(*kept, *requirements))
        asked = wanted(more, upgrade=names, as_of=as_of, progress=progress)
        why = f"add {' '.join(requirements)}"

        def keep(lock: Lock) -> None:
            workspace_folder.save(more)
            lock.write(more.lock_path)

        presumed = installer.presumed(asked)
        if presumed is not None:
            lock = interpreters.carried_over(presumed.lock, asked.prefer)

            def confirm() -> None:
                if not presumed.holds():
                    raise _Outdated
                keep(lock)

            with suppress(_Outdated):
                settle(
                    more, lock, installer, place,
                    why=why, python=asked.python, meanwhile=confirm, progress=progress,
                )  # fmt: skip
                return LockChange(more, lock, changes_between(asked.prefer, lock))
        lock = solve(more, asked, installer, progress=progress)
        keep(lock)
        settle(more, lock, installer, place, why=why, progress=progress)
    return LockChange(more, lock, changes_between(asked.prefer, lock))


class _Outdated(Exception):
    """What was presumed is not so any more."""


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


@contextmanager
def changing(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace as its mark says now, while nobody else changes it. Raises NotWritable."""
    if not os.access(workspace.folder, os.W_OK):
        raise NotWritable(str(workspace.folder), "it is another user's, or read-only")
    with turns.alone(workspace.folder / ".change.lock"):
        workspace_folder.note(workspace)  # one that was moved here, or made before its project
        yield workspace_folder.load(workspace.folder)


def lacking(workspace: Workspace, current: Lock) -> tuple[str, ...]:
    """The names that a lock ought to hold and does not: what is edited, and what is required."""
    held = {package.name for package in current.packages}
    edited = {normalised(packl.read(path).name) for path in workspace.edited}
    # quicker than to parse them, and a name is all that is asked for
    found = map(_LEADING_NAME.match, workspace.requirements)
    required = {normalised(name[0]) for name in found if name}
    return tuple(sorted((edited - current.editables) | (required - held)))


def name_of(text: str) -> str:
    """The normalised name of a requirement. Raises InvalidRequirement."""
    name = requirement.plain_name(text)
    if name is not None:
        return normalised(name)
    import packaging.requirements

    try:
        return normalised(packaging.requirements.Requirement(text).name)
    except packaging.requirements.InvalidRequirement as fault:
        raise InvalidRequirement(text, str(fault)) from fault
