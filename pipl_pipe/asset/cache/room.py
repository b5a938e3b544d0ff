"""A cache's size: what it holds, and making room in it.

A cache is laid out like any store of objects. Beside them it keeps

    <root>/recent/<algorithm>-<hex>    its time is when the revision was last used
    <root>/users/                      see `asset.in_use`
    <root>/size                        bytes held: what was counted, and has come since
    <root>/evicting                    the lock of who evicts

None of these records is needed: without them the order of use is lost, and the next eviction
counts again. They are files and not a database, as a use is then one `utime` without a lock, and
nothing can be damaged as a whole.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional

from pipl_pipe import durable
from pipl_pipe.asset.cache import eviction, in_use
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.objects import Objects

MAX_DEFAULT_BYTES = 100 * 10**9
_SHARE_OF_DISK = 5
_SLACK = 10
"""A tenth of the bound is freed beyond it, so that not every fetch evicts."""


@dataclass(frozen=True)
class Usage:
    """`size_bytes` of all objects, of so many revisions; `in_use` of these right now."""

    root: Path
    size_bytes: int
    bound_bytes: int
    revisions: int
    in_use: int


@dataclass(frozen=True)
class Cache:
    """The cache at `objects.root`, shared by all processes of the machine.

    `bound` is in bytes; None: 100 GB, but at most a fifth of the disk. It is looked at when
    something has come: only then is it known how much of that was there already. So the cache
    exceeds it by what is being fetched, and by what is in use.
    """

    objects: Objects
    bound: Optional[int] = None

    @property
    def root(self) -> Path:
        return self.objects.root

    @property
    def bound_bytes(self) -> int:
        return default_bound(self.root) if self.bound is None else self.bound

    def touch(self, revision: Digest) -> None:
        """The revision was used now."""
        with contextlib.suppress(OSError):  # only the order of use is lost
            self.objects.remember(revision)

    @contextlib.contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Within the block at most so many bytes come; afterwards the bound holds again.

        Where the disk has no room for them, what was used the longest ago goes before.
        Raises StoreReadOnly, StoreUnreachable, StoreFull.
        """
        short = size - self._free()
        if short > 0:
            held = sum(one.size for one in eviction.scan(self.objects))
            self._evict(-1, held - short)
        try:
            yield
        finally:
            if self._grow(size) > self.bound_bytes:
                self.evict()

    def evict(self) -> int:
        """Bring the cache to its bound, and a tenth below, if need be; how many bytes went.

        What is in use stays. Where another process is evicting, nothing is done.
        """
        return self._evict(self.bound_bytes, self.bound_bytes - self.bound_bytes // _SLACK)

    def clear(self) -> int:
        """Evict all that is not in use; how many bytes went."""
        return self._evict(-1, -1)

    def _free(self) -> int:
        """Bytes that may be written on the disk of the cache."""
        with self.objects.lock():
            return shutil.disk_usage(self.root).free

    def usage(self) -> Usage:
        """Counted now: takes time with the number of objects. Raises StoreReadOnly."""
        if not self.root.is_dir():
            return Usage(self.root, 0, self.bound_bytes, 0, 0)
        with self.objects.lock(exclusive=True):
            used = in_use.revisions(self.root)
        size = sum(one.size for one in eviction.scan(self.objects))
        held = sum(self.objects.has(revision) for revision in eviction.recent(self.root))
        return Usage(self.root, size, self.bound_bytes, held, len(used))

    def _evict(self, most: int, target: int) -> int:
        with self.objects.lock():
            before = self._read_size()
        try:
            with files.storing(self.root), locking.locked(self.root / "evicting", wait=False):
                held = sum(one.size for one in eviction.scan(self.objects))
                gone = eviction.evict(self.objects, target) if held > most else 0
                self._grow(held - gone - before)
                return gone
        except BlockingIOError:
            return 0

    def _read_size(self) -> int:
        try:
            return int((self.root / "size").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return sum(one.size for one in eviction.scan(self.objects))

    def _grow(self, size: int) -> int:
        """Change the bytes held; what they are now."""
        counting = locking.locked(self.root / "size.lock")
        with self.objects.lock(), files.storing(self.root), counting:
            now = max(0, self._read_size() + size)
            durable.write_text(self.root / "size", f"{now}\n")
            return now


def default_bound(root: Path) -> int:
    """100 GB, but at most a fifth of the disk that the cache is on, or would be."""
    for existing in (root, *root.parents):
        if existing.is_dir():
            return min(MAX_DEFAULT_BYTES, shutil.disk_usage(existing).total // _SHARE_OF_DISK)
    return MAX_DEFAULT_BYTES
