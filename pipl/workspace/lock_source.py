"""Finding the lock that somebody names: a file, a workspace, or a published task version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipl.env.lock import Lock
from pipl.errors.env import NotLocked
from pipl.errors.usage import PathMissing
from pipl.workspace import folder, locking, opened


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


def find(text: str, start: Path, of_release: Callable[[str, str], Lock]) -> Lock:
    """The lock that `text` names: `NAME==VERSION`, else a path from `start`.

    `of_release` is asked for published ones. Raises InvalidRelease, and what both raise.
    """
    if "==" in text and not (start / text).exists():
        return of_release(*opened.parse_release(text))
    return lock_at(start / text)
