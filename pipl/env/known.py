"""Answers of a resolver that are known already: the same question about the same index.

While nothing changes that an answer depends on, not even a page of the index, a resolver need
not be asked again. What is known is a cache of the user's, and may be lost.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from pipl import __version__
from pipl.env.install import Everything, NearbyIndex, Resolve, Upgrade
from pipl.env.lock import Lock
from pipl.errors.env import InvalidLock
from pipl_pipe import caches, durable

_FOLDER = "answers"
_FORMAT = "pipl-answer/1"
_MOST = 500
"""So many are kept; the oldest go first, a few at a time."""
MIRRORED_S = 1800.0
"""How long one counts that a mirror might change: so long devpi shows what it last saw of one."""


class Known:
    """What one program has resolved on this machine.

    An answer that is what was preferred is kept as an empty text.
    """

    def __init__(self, program: Path, environ: Mapping[str, str]) -> None:
        self._program, self._environ = program, environ
        self._folder = caches.folder(environ) / _FOLDER

    def answer(self, wanted: Resolve, index: NearbyIndex) -> Lock | None:
        """The lock for what is wanted, on an index in that state; None: it is not known."""
        key = self._key(wanted, index)
        if key is None:
            return None
        try:
            path = self._folder / key
            head, _, text = path.read_text(encoding="utf-8").partition("\n")
            if head != _head(text):
                return None
            age_s = time.time() - path.stat().st_mtime
            if not text:
                return wanted.prefer
            return Lock.parse(text) if index.whole or 0 <= age_s < MIRRORED_S else None
        except (OSError, UnicodeDecodeError, InvalidLock):
            return None

    def note(self, wanted: Resolve, index: NearbyIndex, lock: Lock) -> None:
        """Remember an answer, if it can change only with the index."""
        key = self._key(wanted, index)
        if key is None or not _is_of(index, lock):
            return
        is_same = wanted.prefer is not None and _bare(lock) == _bare(wanted.prefer)
        # what may move does so where a mirror changes, too
        text = "" if is_same and not wanted.upgrade else lock.render()
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.write_text(self._folder / key, f"{_head(text)}\n{text}")
            self._tidy()

    def _tidy(self) -> None:
        kept = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in kept[: -_MOST + _MOST // 10] if len(kept) > _MOST else ():
            path.unlink(missing_ok=True)

    def _key(self, wanted: Resolve, index: NearbyIndex) -> str | None:
        """Names all that the outcome depends on; None where that is more than can be compared.

        Folders are, times of the past, and whatever a lock holds of other indexes.
        """
        before = wanted.prefer
        if (
            wanted.editables
            or wanted.as_of is not None
            or (before is not None and not _is_of(index, before))
        ):
            return None
        try:
            program = self._program.stat()
        except OSError:  # it is being replaced
            return None
        machine = os.uname() if hasattr(os, "uname") else os.environ.get("COMPUTERNAME")
        parts = (
            __version__,
            str(self._program),
            str(program.st_size),
            str(program.st_mtime_ns),
            repr(machine),
            self._environ.get("MACOSX_DEPLOYMENT_TARGET", ""),
            str(wanted.python.path),
            str(wanted.python.version),
            repr(wanted.requirements),
            repr(wanted.constraints),
            repr(wanted.platforms),
            _names(wanted.upgrade),
            _names(wanted.prereleases),
            wanted.index_url,
            index.state,
            repr(sorted(index.shown)),
            _bare(before).render() if before else "",
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _head(text: str) -> str:
    """The line above an answer, by which one that is damaged is seen."""
    return f"{_FORMAT} {hashlib.sha256(text.encode('utf-8')).hexdigest()}"


def _names(upgrade: Upgrade) -> str:
    return repr(upgrade if isinstance(upgrade, Everything) else sorted(upgrade))


def _is_of(index: NearbyIndex, lock: Lock) -> bool:
    """Whether the index tells of every file of the lock."""
    return all(package.index in index.shown for package in lock.packages)


def _bare(lock: Lock) -> Lock:
    """Without what the workspace adds to a resolver's answer."""
    return dataclasses.replace(
        lock,
        packages=tuple(
            dataclasses.replace(one, requires_python=None) if one.requires_python else one
            for one in lock.packages
        ),
    )
