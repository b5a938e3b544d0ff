"""Locks that were resolved again and came out as they were.

While nothing of that changes, not even a page of the index, they would once more: then a resolver
need not be asked. What is known of it is a cache of the user's, and may be lost.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

from pipl import __version__
from pipl.env.install import NearbyIndex, Resolve
from pipl.env.lock import Lock
from pipl_pipe import caches, durable

_FILE = "locks"
_FORMAT = "pipl-locks/1"
_MOST = 500
"""So many are remembered; the oldest go first."""


class Proven:
    """What one program has resolved on this machine."""

    def __init__(self, program: Path, environ: Mapping[str, str]) -> None:
        self._program = program
        self._path = caches.folder(environ) / _FILE

    def holds(self, wanted: Resolve, index: NearbyIndex) -> bool:
        """Whether `wanted.prefer` is what `wanted` gives on an index in that state."""
        return self._key(wanted, index) in self._known()

    def note(self, wanted: Resolve, index: NearbyIndex, lock: Lock) -> None:
        """Remember an outcome that is what was preferred, and can change only with the index."""
        key = self._key(wanted, index)
        if key is None or wanted.prefer is None or _bare(lock) != _bare(wanted.prefer):
            return
        known = [*self._known(), key][-_MOST:]
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write_text(self._path, "\n".join([_FORMAT, *known, ""]))

    def _known(self) -> list[str]:
        try:
            first, *known = self._path.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return []
        return known if first == _FORMAT else []

    def _key(self, wanted: Resolve, index: NearbyIndex) -> str | None:
        """Names all that the outcome depends on; None where that is more than can be compared.

        Folders, indexes elsewhere and whatever is to move are: the lock must hold to this index
        in full, with nothing to gain elsewhere.
        """
        before = wanted.prefer
        if (
            before is None
            or wanted.upgrade
            or wanted.prereleases
            or wanted.editables
            or wanted.as_of is not None
            or any(package.index not in index.shown for package in before.packages)
        ):
            return None
        program = self._program.stat()
        parts = (
            __version__,
            str(self._program),
            str(program.st_size),
            str(program.st_mtime_ns),
            str(wanted.python.path),
            str(wanted.python.version),
            repr(wanted.requirements),
            repr(wanted.constraints),
            repr(wanted.platforms),
            wanted.index_url,
            index.state,
            repr(sorted(index.shown)),
            _bare(before).render(),
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _bare(lock: Lock) -> Lock:
    """Without what the workspace adds to a resolver's answer."""
    return dataclasses.replace(
        lock,
        packages=tuple(
            dataclasses.replace(one, requires_python=None) if one.requires_python else one
            for one in lock.packages
        ),
    )
