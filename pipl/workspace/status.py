"""What a workspace runs on, and what of it is outdated and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import packaging.requirements
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipl.env.lock import Lock
from pipl.errors.env import InvalidRequirement
from pipl.index.name import IndexName
from pipl.workspace import overlay
from pipl.workspace.changes import Change
from pipl.workspace.folder import Workspace
from pipl.workspace.given import Given
from pipl.workspace.locking import read_lock
from pipl_pipe import packl


@dataclass(frozen=True)
class PacklStatus:
    """One of the project's packls in a lock.

    `latest` is the newest release on the project's indexes (None: no release there);
    `held_by` says which requirement does not admit it. `follow` is how a task that is edited
    here follows its products once it is published, `auto` or `manual`. `yanked` is why the
    locked version was taken back (PEP 592; None: it was not).
    """

    name: str
    locked: str | None
    latest: str | None
    editable: bool
    held_by: str | None = None
    follow: str | None = None
    yanked: str | None = None

    @property
    def outdated(self) -> bool:
        return (
            not self.editable
            and self.locked is not None
            and self.latest is not None
            and Version(self.latest) > Version(self.locked)
        )


@dataclass(frozen=True)
class WorkspaceStatus:
    """`locked` and `installed` say whether there is a lock and an environment.

    `differs` is what is not as in the production that it is an `overlay` of.
    """

    folder: Path
    index: IndexName
    locked: bool
    installed: bool
    opened: str | None
    packls: tuple[PacklStatus, ...]
    overlay: str | None = None
    differs: tuple[Change, ...] = ()

    @property
    def outdated(self) -> tuple[PacklStatus, ...]:
        return tuple(packl for packl in self.packls if packl.outdated)


def status(workspace: Workspace, asked: Callable[[], Given]) -> WorkspaceStatus:
    """Compare the lock with what the project's own indexes give now (not the mirror).

    `asked` asks the server for that; it is not called where there is no lock. Raises InvalidLock,
    and what `asked` raises.
    """
    lock = read_lock(workspace)
    return WorkspaceStatus(
        folder=workspace.folder,
        index=workspace.binding.index,
        locked=lock is not None,
        installed=workspace.environment.exists(),
        opened=workspace.opened,
        packls=tuple(_packls(workspace, lock, asked())) if lock else (),
        overlay=workspace.overlay,
        differs=overlay.differences(workspace),
    )


def _packls(workspace: Workspace, lock: Lock, given: Given) -> Iterator[PacklStatus]:
    edited = [packl.read(path) for path in workspace.edited]
    follows = {canonicalize_name(one.name): one.follow for one in edited if one.kind == "task"}
    wanted = _requirements(workspace)
    for package in lock.packages:
        if not package.editable and not given.holds(package):
            continue
        newest = given.newest(package.name)
        held_by = next(
            (
                f"{origin} requires {requirement}"
                for origin, requirement in wanted
                if newest is not None
                and canonicalize_name(requirement.name) == package.name
                and not requirement.specifier.contains(newest, prereleases=True)
            ),
            None,
        )
        yield PacklStatus(
            package.name,
            package.version,
            newest,
            package.editable,
            held_by,
            follows.get(canonicalize_name(package.name)) if package.editable else None,
            None if package.editable else given.yanked(package),
        )


def _requirements(workspace: Workspace) -> tuple[tuple[str, Requirement], ...]:
    """Who asks for what: the workspace itself and the packls being edited."""
    edited = [packl.read(path) for path in workspace.edited]
    pairs = [(workspace.name, text) for text in workspace.requirements]
    pairs += [(one.name, text) for one in edited for text in one.dependencies]
    return tuple((origin, _parsed(text, origin)) for origin, text in pairs)


def _parsed(text: str, origin: str) -> Requirement:
    try:
        return Requirement(text)
    except packaging.requirements.InvalidRequirement as fault:
        raise InvalidRequirement(text, f"{origin} holds it") from fault
