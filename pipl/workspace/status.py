"""What a workspace runs on, and what of it is outdated and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import packaging.requirements
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipl.env.lock import Lock, LockedPackage, index_of
from pipl.errors.env import InvalidRequirement
from pipl.index import release
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.requirements import Requirements
from pipl.workspace import overlay
from pipl.workspace.changes import Change
from pipl.workspace.folder import Workspace
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


def status(
    workspace: Workspace,
    told: Requirements,
    asked: Callable[[], IndexClient],
) -> WorkspaceStatus:
    """Compare the lock with what the project's own indexes give now (not the mirror).

    `told` are their newest releases. `asked` gives a client, which is only needed for what is
    locked in another version. Raises ServerDown, InvalidLock.
    """
    lock = read_lock(workspace)
    return WorkspaceStatus(
        folder=workspace.folder,
        index=workspace.binding.index,
        locked=lock is not None,
        installed=workspace.environment.exists(),
        opened=workspace.opened,
        packls=tuple(_packls(workspace, lock, told, asked)) if lock else (),
        overlay=workspace.overlay,
        differs=overlay.differences(workspace),
    )


def _packls(
    workspace: Workspace,
    lock: Lock,
    told: Requirements,
    asked: Callable[[], IndexClient],
) -> Iterator[PacklStatus]:
    edited = [packl.read(path) for path in workspace.edited]
    follows = {canonicalize_name(one.name): one.follow for one in edited if one.kind == "task"}
    wanted = _requirements(workspace)
    own = {f"{lock.origin}/{source}/+simple/" for source in told.sources}
    for package in lock.packages:
        given = told.packls.get(package.name)
        home = package.index or index_of(package.files, lock.origin or "")
        if given is None and not package.editable and home not in own:
            continue  # it is not one of the project's
        is_newest = given is not None and given.version == package.version
        yanked = None if package.editable or is_newest else _yanked(asked(), told, package)
        held_by = next(
            (
                f"{origin} requires {requirement}"
                for origin, requirement in wanted
                if given is not None
                and canonicalize_name(requirement.name) == package.name
                and not requirement.specifier.contains(given.version, prereleases=True)
            ),
            None,
        )
        yield PacklStatus(
            package.name,
            package.version,
            given.version if given else None,
            package.editable,
            held_by,
            follows.get(canonicalize_name(package.name)) if package.editable else None,
            yanked,
        )


def _yanked(client: IndexClient, told: Requirements, package: LockedPackage) -> str | None:
    """Why the locked version is yanked, None where it is not."""
    for source in map(IndexName.parse, told.sources):  # the nearest that has the name counts
        releases = client.releases(source, package.name)
        if releases:
            of_version = (
                one for one in releases if release.same_version(one.version, package.version or "")
            )
            return next((one.yanked for one in of_version), None)
    return None


def own_indexes(client: IndexClient, name: IndexName) -> tuple[IndexName, ...]:
    """An index and those it inherits from, nearest first, without mirrors."""
    config = client.index(name)
    if config.type == "mirror":
        return ()
    found = [name]
    for base in config.bases:
        found.extend(index for index in own_indexes(client, base) if index not in found)
    return tuple(found)


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
