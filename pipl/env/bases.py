"""The bases of a machine: one for each lock and interpreter, made when first wanted.

Bounded: those that were not used for longest go first. No process waits for another but for a
base that both want; one that goes away or is damaged while it is cloned is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from pipl.env import base, blank, choice, venv
from pipl.env.base import Base, Damaged, Wanted
from pipl.env.environment import Environment
from pipl.errors.base import DiskFull
from pipl.errors.env import EnvError
from pipl.errors.usage import NotWritable

LIMIT = "PIPL_ENVIRONMENTS_GB"
"""The variable for how much all bases may take, in 10^9 bytes; 0: none are kept."""
DEFAULT_BYTES = 20_000_000_000
_FOLDER = "shared environments"
"""The space in it makes installers quote it in every script, so that clones may be anywhere."""
_FORMAT = "1"
_MAKING, _GONE = "making ", "gone "
_STALE_S = 86_400.0
_IN_USE_S = 300.0
_ATTEMPTS = 3


@dataclass(frozen=True)
class Bases:
    """Those in `folder`, of at most `max_bytes` together; `say` is told what takes time."""

    folder: Path
    max_bytes: int
    environ: Mapping[str, str]
    say: Callable[[str], None]

    @classmethod
    def below(
        cls, cache: Path, environ: Mapping[str, str], *, say: Callable[[str], None]
    ) -> Bases | None:
        """Those of a machine whose caches are in `cache`; None where there can be none."""
        try:
            limit = int(float(environ.get(LIMIT) or DEFAULT_BYTES / 10**9) * 10**9)
        except (ValueError, OverflowError):
            say(f"{LIMIT} is no number: {environ[LIMIT]!r}")
            limit = DEFAULT_BYTES
        folder = Path(os.path.realpath(cache)) / _FOLDER
        if sys.platform == "win32" or limit <= 0 or not venv.PLAIN.fullmatch(str(folder)):
            return None
        return cls(folder, limit, environ, say)

    def clone(self, wanted: Wanted, destination: Path) -> Environment | None:
        """An environment of its own at `destination` with what is locked.

        None where it cannot be had so, and must be installed: folders in the lock, paths that
        need quoting, no room, and whatever keeps the packages from being installed.
        Raises ServerDown.
        """
        lock = wanted.lock
        shareable = lock.packages and all(one.directory is None for one in lock.packages)
        if not shareable or not venv.PLAIN.fullmatch(str(destination)):
            return None
        found = Base(self.folder / _key(wanted))
        try:
            for _ in range(_ATTEMPTS):
                self._expect(found, wanted)
                try:
                    return found.clone(destination)
                except Damaged as fault:
                    self.say(f"the shared environment is made again: {fault}")
                    self._drop(found)
        except (OSError, EnvError, DiskFull, NotWritable) as fault:
            self.say(f"no environment is shared: {fault}")
        return None

    def _expect(self, found: Base, wanted: Wanted) -> None:
        """Make the base where it is not there. Raises OSError, and as installing does."""
        if found.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / f"{found.folder.name[:2]}.lock"):
            if found.exists():  # somebody else was quicker
                return
            self.say(f"making a shared environment of {len(wanted.lock.packages)} packages")
            aside = Path(tempfile.mkdtemp(prefix=_MAKING, dir=self.folder))
            try:
                base.make(aside, self._unlinked(wanted), self.environ)
                shutil.rmtree(found.folder, ignore_errors=True)
                aside.rename(found.folder)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        self._make_room(found)

    def _unlinked(self, wanted: Wanted) -> Wanted:
        """With an installer that links nothing to its cache: a base's files are its own."""
        environ = {**self.environ, "UV_LINK_MODE": "copy"}
        return replace(wanted, installer=choice.choose(wanted.installer.name, environ))

    def _make_room(self, kept: Base) -> None:
        """Remove what was not used for longest, and what killed processes have left."""
        now, taken = time.time(), 0
        found = []
        for folder in self.folder.iterdir():
            if folder.name.startswith((_MAKING, _GONE)):
                with contextlib.suppress(OSError):
                    if now - folder.stat().st_mtime > _STALE_S:
                        shutil.rmtree(folder, ignore_errors=True)
            elif folder.is_dir():
                found.append(Base(folder))
        for one in sorted(found, key=lambda one: one.used_at, reverse=True):
            try:
                taken += one.size_bytes
                is_idle = now - one.used_at > _IN_USE_S
            except Damaged:
                is_idle = True
            if taken > self.max_bytes and is_idle and one != kept:
                self._drop(one)

    def _drop(self, one: Base) -> None:
        """Take a base away at once; who is just cloning it makes it again."""
        with contextlib.suppress(OSError):
            gone = Path(tempfile.mkdtemp(prefix=_GONE, dir=self.folder))
            one.folder.rename(gone / "base")
            shutil.rmtree(gone, ignore_errors=True)


def _key(wanted: Wanted) -> str:
    """Names what is locked, and the programs that make an environment of it, as they are now."""
    programs = (blank.key(wanted.interpreter), wanted.installer.name)
    parts = (_FORMAT, wanted.lock.digest, *programs)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
