"""Finding the lock that somebody names: a file, a workspace, or a published task version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipl.env.lock import Lock
from pipl.errors import InvalidWheel, NotLocked, PathMissing, ReleaseNotFound
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.workspace import folder, locking, opened
from pipl.workspace.status import own_indexes


def lock_at(path: Path) -> Lock:
    """The lock of a workspace's folder, or in a file.

    Raises PathMissing, NoWorkspace, NotLocked, InvalidLock.
    """
    if not path.exists():
        raise PathMissing(str(path))
    if path.is_file():
        return Lock.read(path)
    workspace = folder.find(path)
    found = locking.read_lock(workspace)
    if found is None:
        raise NotLocked(str(workspace.folder))
    return found


def lock_of_release(client: IndexClient, index: IndexName, name: str, version: str) -> Lock:
    """The lock inside a task version that the project's indexes hold, with its own wheel.

    Raises ReleaseNotFound, InvalidWheel (no lock inside), InvalidLock.
    """
    for own in own_indexes(client, index):
        try:
            file = client.release(own, name, version).wheel
        except ReleaseNotFound:
            continue
        found = None if file is None else opened.lock_of(client, file)
        if file is None or found is None:
            raise InvalidWheel(f"{name} {version}", "it carries no lock; only tasks do")
        return opened.with_release(found, file)
    raise ReleaseNotFound(str(index), name, version)


def find(text: str, start: Path, of_release: Callable[[str, str], Lock]) -> Lock:
    """The lock that `text` names: `NAME==VERSION`, else a path from `start`.

    `of_release` is asked for published ones. Raises InvalidRelease, and what both raise.
    """
    if "==" in text and not (start / text).exists():
        return of_release(*opened.parse_release(text))
    return lock_at(start / text)
