"""What processes use of a cache right now, so that nobody takes it away under them.

    <root>/users/<process>/lock                   held as long as the process lives
    <root>/users/<process>/<algorithm>-<hex>      a revision in use, since the file's time

A process that dies gives up everything: its lock ends with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Dict, Iterator, Optional

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import locking
from pipl_pipe.asset.objects import Objects
from pipl_pipe.errors import InvalidDigest, StoreReadOnly

_LOCK = "lock"


class InUse:
    """What this process uses of the cache `objects`, for many threads."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._counts: Dict[Digest, int] = {}
        self._changing = threading.Lock()
        self._held = contextlib.ExitStack()
        self._folder: Optional[Path] = None
        self._process = 0

    def add(self, revision: Digest) -> None:
        """From now on the revision is in use, once more; nothing in a cache that is read-only.

        Waits for who is taking things away. Raises StoreUnreachable, StoreFull.
        """
        with self._changing:
            if self._process != os.getpid():  # a fork has its parent's lock, but not its life
                self._counts, self._folder = {}, None
                self._held = contextlib.ExitStack()
                self._process = os.getpid()
            if revision not in self._counts:
                try:
                    with self._objects.lock():
                        self._mark(revision).touch()
                except StoreReadOnly:
                    return
            self._counts[revision] = self._counts.get(revision, 0) + 1

    def drop(self, revision: Digest) -> None:
        """One user less; the last one unmarks it."""
        with self._changing:
            if self._process != os.getpid() or revision not in self._counts:
                return
            self._counts[revision] -= 1
            if not self._counts[revision]:
                del self._counts[revision]
                with contextlib.suppress(FileNotFoundError):
                    self._mark(revision).unlink()

    def _mark(self, revision: Digest) -> Path:
        if self._folder is None:
            place = self._objects.root / "users"
            place.mkdir(exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="process-", dir=place))
            self._held.enter_context(locking.locked(folder / _LOCK))
            self._folder = folder
        return self._folder / f"{revision.algorithm}-{revision.hex}"


def revisions(root: Path) -> Dict[Digest, float]:
    """Every revision in use and since when; folders of dead processes are removed.

    To be called with the cache's lock held exclusively.
    """
    found: Dict[Digest, float] = {}
    place = root / "users"
    for folder in list(place.iterdir()) if place.is_dir() else ():
        if _is_dead(folder):
            shutil.rmtree(folder, ignore_errors=True)
            continue
        for revision, since in _marks(folder):
            found[revision] = min(since, found.get(revision, since))
    return found


def _marks(folder: Path) -> Iterator[tuple[Digest, float]]:
    for path in folder.iterdir():
        with contextlib.suppress(InvalidDigest, FileNotFoundError):
            yield Digest.parse(path.name.replace("-", ":", 1)), path.stat().st_mtime


def _is_dead(folder: Path) -> bool:
    try:
        with locking.locked(folder / _LOCK, wait=False):
            return True
    except BlockingIOError:
        return False
    except OSError:
        return not folder.is_dir()
