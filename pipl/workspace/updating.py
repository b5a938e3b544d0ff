"""Moving a workspace's lock on purpose: update, check, roll back."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pipl.env import requirement
from pipl.env.install import ALL, Installer, Upgrade
from pipl.env.lock import Lock
from pipl.errors.env import EnvError, LockStale, NotLocked
from pipl.errors.usage import InvalidName
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace import history, locking
from pipl.workspace.changes import changes_between, explained
from pipl.workspace.folder import Workspace
from pipl.workspace.history import Entry
from pipl.workspace.locking import LockChange
from pipl.workspace.place import Place
from pipl_pipe.names import normalised


@dataclass(frozen=True)
class Wish:
    """What an update is to move: `names` (none: all) to the newest, `to` to given versions.

    `to` are PEP 508 texts such as `hero-geo==1.2`; with `early`, pre-releases count too; `as_of`
    is a time, whose state of the index counts instead of today's.
    """

    names: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    early: bool = False
    as_of: str | None = None

    @property
    def upgrade(self) -> Upgrade:
        """Raises InvalidRequirement."""
        pinned = map(locking.name_of, self.to)
        wanted = frozenset([*map(normalised, self.names), *pinned])
        return wanted or ALL


def update(
    workspace: Workspace,
    wish: Wish,
    installer: Installer,
    place: Place | None,
    *,
    progress: Progress = SILENT,
) -> LockChange:
    """Move what is wished for, with what has to move along, and sync; say why each moves.

    Without a place nothing is written. Raises NotLocked, InvalidName where a named package
    is not in the lock, InvalidRequirement, Unresolvable.
    """
    current = _locked(workspace)
    upgrade = wish.upgrade
    if upgrade is not ALL:
        held = {package.name for package in current.packages}
        for name in sorted(upgrade - held):
            raise InvalidName(name, f"the lock of {workspace.name} does not hold it")
    targets = tuple(requirement.checked(wish.to))
    early = upgrade if wish.early else frozenset()

    def resolved(now: Workspace) -> LockChange:
        wanted = locking.wanted(
            now,
            upgrade=upgrade,
            constraints=targets,
            prereleases=early,
            as_of=wish.as_of,
            progress=progress,
        )
        lock = locking.solve(now, wanted, installer, progress=progress)
        changes = changes_between(locking.lock_if_usable(now), lock)
        obvious = upgrade is ALL or all(change.name in upgrade for change in changes)
        try:
            requirers = (
                {}
                if obvious and all(c.before for c in changes)
                else (installer.requirers(wanted, lock))
            )
        except EnvError:  # the lock stands without it
            requirers = {}
        return LockChange(now, lock, explained(changes, upgrade, requirers))

    if place is None:
        return resolved(workspace)
    with locking.changing(workspace) as now:
        changed = resolved(now)
        changed.lock.write(now.lock_path)
        locking.settle(now, changed.lock, installer, place, why="update", progress=progress)
    return changed


def check(
    workspace: Workspace,
    installer: Installer,
    *,
    as_of: str | None = None,
    progress: Progress = SILENT,
) -> Lock:
    """The lock, where it still is what the workspace requires; nothing is written.

    It is resolved with the index as it was at `as_of` (None: when the lock was made as of).

    Raises LockStale with what would move, NotLocked, InvalidLock, Unresolvable.
    """
    current = _locked(workspace)
    lacking = locking.lacking(workspace, current)
    if lacking:
        raise LockStale(str(workspace.lock_path), f"it lacks {', '.join(lacking)}")
    as_of = as_of or current.as_of
    changed = locking.resolve(workspace, installer, as_of=as_of, progress=progress)
    moved = [
        f"{one.name} {one.before or 'new'} -> {one.after or 'gone'}" for one in changed.changes
    ]
    if moved:
        raise LockStale(str(workspace.lock_path), f"resolving moves {', '.join(moved)}")
    if _meaning(changed.lock) != _meaning(current):
        raise LockStale(str(workspace.lock_path), "its files, platforms or Python differ")
    return current


def roll_back(
    workspace: Workspace,
    number: int | None,
    installer: Installer,
    place: Place,
    *,
    progress: Progress = SILENT,
) -> tuple[LockChange, Entry]:
    """Give the workspace a lock again that it had, and what it required then; None: the last.

    Packls that are edited here now stay. Raises NoSuchLock, InvalidFile, InvalidLock.
    """
    with locking.changing(workspace) as now:
        found = history.before_last(now) if number is None else history.entry(now, number)
        before = locking.lock_if_usable(now)
        restored = history.as_it_was(now, found)
        lock = found.lock.rebased(now.binding.url)
        here = {path.resolve() for path in now.edited}
        gone = {
            package.name
            for package in lock.packages
            if package.directory and (now.folder / package.directory).resolve() not in here
        }
        lock = lock.without(gone)
        if locking.lacking(restored, lock):  # packls that are edited since
            wanted = locking.wanted(restored, prefer=lock, progress=progress)
            lock = locking.solve(restored, wanted, installer, progress=progress)
        workspace_folder.save(restored)
        lock.write(restored.lock_path)
        why = f"rollback to {found.number}"
        locking.settle(
            restored, lock, installer, place, why=why, restored=found.number, progress=progress
        )
    return LockChange(restored, lock, changes_between(before, lock)), found


def _locked(workspace: Workspace) -> Lock:
    current = locking.read_lock(workspace)
    if current is None:
        raise NotLocked(str(workspace.folder))
    return current


def _meaning(lock: Lock) -> Lock:
    """A lock without what does not change what is installed."""
    packages = tuple(
        dataclasses.replace(
            package,
            index=None,
            requires_python=None,
            files=tuple(dataclasses.replace(file, size=None, name="") for file in package.files),
        )
        for package in lock.packages
    )
    return dataclasses.replace(lock, packages=packages, origin=None, index_url=None, as_of=None)
