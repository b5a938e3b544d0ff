"""A workspace that is production's lock plus a change of one's own.

Production is a published task version or another workspace; its lock is kept beside the
workspace's own, so that what differs can always be said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipl.env import requirement
from pipl.env.install import Installer, Upgrade
from pipl.env.lock import Lock
from pipl.errors.env import NotLocked
from pipl.errors.usage import InvalidName, NothingOverlaid, NotWritable
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace import locking
from pipl.workspace.area import Workarea
from pipl.workspace.changes import Change, changes_between
from pipl.workspace.folder import Workspace
from pipl_pipe import packl
from pipl_pipe.names import normalised

PRODUCTION = "pylock.production.toml"
"""Beside the workspace's own lock."""


@dataclass(frozen=True)
class Production:
    """What an overlay is laid over: its name, its lock, and what was required for it."""

    name: str
    lock: Lock
    requirements: tuple[str, ...]

    @classmethod
    def of_workspace(cls, model: Workspace) -> Production:
        """Another workspace, without the packls that are edited there. Raises NotLocked."""
        lock = locking.read_lock(model)
        if lock is None:
            raise NotLocked(str(model.folder))
        return cls(str(model.folder), lock.without(lock.editables), model.requirements)


@dataclass(frozen=True)
class Own:
    """The change: packls that are edited (their folders), and other versions (PEP 508)."""

    edited: tuple[Path, ...] = ()
    versions: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Normalised. Raises InvalidPackl, InvalidRequirement."""
        edited = (normalised(packl.read(path).name) for path in self.edited)
        return frozenset([*edited, *map(locking.name_of, self.versions)])


def create(
    workarea: Workarea,
    name: str,
    production: Production,
    own: Own,
    installer: Installer,
    *,
    progress: Progress = SILENT,
) -> Workspace:
    """Make the workspace and its lock, not synced yet: everything stays as in production but
    one's own change, and what has to move for that. Packls that are edited elsewhere are linked.

    Nothing remains after a failure. Raises NothingOverlaid, InvalidName, InvalidPackl,
    Unresolvable, PathExists, NotWritable.
    """
    changed = own.names
    versions = tuple(requirement.checked(own.versions))
    if not changed:
        raise NothingOverlaid(name)
    workspace = workspace_folder.create(workarea, name)
    try:
        workspace = dataclasses.replace(
            workspace,
            requirements=(
                *production.requirements,
                *besides(workspace, production, installer),
            ),
            extras=(),
            overlay=production.name,
        )
        kept = [text for text in workspace.requirements if locking.name_of(text) not in changed]
        workspace = dataclasses.replace(workspace, requirements=(*kept, *versions))
        _link(workspace, own.edited)
        lock = _resolved(workspace, production.lock, installer, changed, progress)
        workspace_folder.save(workspace)
        production.lock.write(workspace.folder / PRODUCTION)
        lock.write(workspace.lock_path)
    except BaseException:
        workspace_folder.delete(workspace)
        raise
    return workspace


def besides(workspace: Workspace, production: Production, installer: Installer) -> tuple[str, ...]:
    """What production's lock holds for the sake of nothing that it requires: people's tools."""
    asked = dataclasses.replace(workspace, requirements=production.requirements, extras=())
    needed = _resolved(asked, production.lock, installer, frozenset(), SILENT)
    held = {package.name for package in production.lock.packages}
    return tuple(sorted(held - {package.name for package in needed.packages}))


def differences(workspace: Workspace) -> tuple[Change, ...]:
    """What is not as in production; nothing for a workspace that is no overlay.

    Raises InvalidLock.
    """
    path = workspace.folder / PRODUCTION
    current = locking.read_lock(workspace)
    if workspace.overlay is None or current is None:
        return ()
    return changes_between(Lock.read(path), current)


def shown(workspace: Workspace) -> str | None:
    """One line for prompts: production's name and what differs; None: it is no overlay."""
    if workspace.overlay is None:
        return None
    names = [change.name for change in differences(workspace)]
    base = Path(workspace.overlay).name
    return f"{base} + {', '.join(names)}" if names else base


def _resolved(
    workspace: Workspace, prefer: Lock, installer: Installer, upgrade: Upgrade, progress: Progress
) -> Lock:
    asked = locking.wanted(workspace, prefer=prefer, upgrade=upgrade, progress=progress)
    return locking.solve(workspace, asked, installer, progress=progress)


def _link(workspace: Workspace, folders: Sequence[Path]) -> None:
    """Make packls that are edited elsewhere be edited here too. Raises InvalidName, NotWritable."""
    for folder in folders:
        link = workspace.folder / folder.name
        if link.exists():
            raise InvalidName(folder.name, "two folders of that name cannot be edited here")
        try:
            link.symlink_to(folder.resolve(), target_is_directory=True)
        except OSError as fault:
            raise NotWritable(str(link), fault.strerror or str(fault)) from fault
