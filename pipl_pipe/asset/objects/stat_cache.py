"""What was stored from where: storing an unchanged tree again costs a stat per file.

A local SQLite file, one row per source; losing it costs time only. As in git's index a file is
believed unchanged by its stat only if that is older than the moment at which its content was
read ("racily clean"): an edit of the same size within one tick of the clock is found.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects.scan import CTIME, INODE, LINKS, MTIME, WIDTH, Listing
from pipl_pipe.asset.store import Stored

_TICK_NS = 50_000_000
"""More than the longest tick of a kernel's clock."""
_COARSE_TICK_NS = 2_000_000_000
"""Of a file system that keeps no fractions of seconds (FAT keeps even seconds only)."""
_NONE = -1
"""No file's inode: what was not old enough is read again."""
_VERSION = 3
_WIDTH = WIDTH * 8
_HEX_BYTES = 32
_NOTHING: Tuple[Tuple[bytes, ...], Tuple[bytes, ...]] = ((), ())
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (
    store BLOB, source BLOB, algorithm TEXT, linked INTEGER, revision TEXT, size INTEGER,
    names BLOB, stats BLOB, digests BLOB, PRIMARY KEY (store, source)
)
"""


@dataclass(frozen=True)
class Taken:
    """What a source was when it was stored.

    `linked` says that its files became the store's own; then giving them more names, which
    changes a file's ctime, says nothing.
    """

    stored: Stored
    algorithm: str
    linked: bool
    names: bytes
    stats: bytes
    digests: bytes

    @classmethod
    def of(
        cls, stored: Stored, seen: Listing, digests: List[Digest], *, linked: bool, read_ns: int
    ) -> Taken:
        """`seen` and `digests` go together; `read_ns` is when the first was read."""
        clean = Listing(seen.paths, _clean(seen, read_ns, linked=linked))
        return cls(
            stored,
            digests[0].algorithm if digests else "",
            linked,
            seen.names,
            _stats(clean, linked=linked),
            b"".join(bytes.fromhex(one.hex) for one in digests),
        )

    def has_names_of(self, seen: Listing) -> bool:
        """Whether there are the same files, by name."""
        return self.names == seen.names

    def is_whole(self, seen: Listing) -> bool:
        """Whether nothing has changed at all."""
        return self.has_names_of(seen) and self.stats == _stats(seen, linked=self.linked)

    def unchanged(self, seen: Listing) -> Dict[str, Digest]:
        """The digests of the files that have not changed, by path."""
        names = self.names.decode("utf-8", "surrogateescape").split("\0")
        before = dict(zip(names, zip(_rows(self.stats, _WIDTH), _rows(self.digests, _HEX_BYTES))))
        found = {}
        for path, now in zip(seen.paths, _rows(_stats(seen, linked=self.linked), _WIDTH)):
            stats, digest = before.get(path, _NOTHING)
            if stats == now:
                found[path] = Digest(self.algorithm, digest[0].hex())
        return found


@dataclass(frozen=True)
class StatCache:
    """A cache in the file `path`; one that cannot be used is as good as an empty one."""

    path: Path

    def get(self, store: Path, source: Path) -> Optional[Taken]:
        try:
            with self._open() as database:
                row: Optional[Tuple[str, int, str, int, bytes, bytes, bytes]] = database.execute(
                    "SELECT algorithm, linked, revision, size, names, stats, digests FROM sources"
                    " WHERE store = ? AND source = ?",
                    (os.fsencode(store), os.fsencode(source)),
                ).fetchone()
        except (sqlite3.Error, OSError) as fault:
            self._give_up(fault)
            return None
        if row is None:
            return None
        algorithm, linked, revision, size, names, stats, digests = row
        return Taken(Stored(revision, size), algorithm, bool(linked), names, stats, digests)

    def put(self, store: Path, source: Path, taken: Taken) -> None:
        row = (
            os.fsencode(store),
            os.fsencode(source),
            taken.algorithm,
            int(taken.linked),
            taken.stored.revision,
            taken.stored.size,
            taken.names,
            taken.stats,
            taken.digests,
        )
        try:
            with self._open() as database:
                database.execute(
                    "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row
                )
        except (sqlite3.Error, OSError) as fault:
            self._give_up(fault)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(str(self.path), timeout=5.0)
        try:
            database.execute("PRAGMA synchronous = OFF")  # losing it costs time only
            if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("DROP TABLE IF EXISTS sources")
                database.execute(_SCHEMA)
                database.execute(f"PRAGMA user_version = {_VERSION}")
            with database:
                yield database
        finally:
            database.close()

    def _give_up(self, fault: Exception) -> None:
        """A damaged database goes; one that is locked or not writable is left alone."""
        damaged = isinstance(fault, sqlite3.DatabaseError)
        if damaged and not isinstance(fault, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                self.path.unlink()


def _clean(seen: Listing, read_ns: int, *, linked: bool) -> "array[int]":
    """The numbers, without the inodes of files that were written when they were read.

    A file was last written so long before it was read that a later write would show, or it is
    read again.
    """
    mtimes = seen.column(MTIME)
    written = mtimes if linked else array("q", map(max, mtimes, seen.column(CTIME)))
    if not written or max(written) + _COARSE_TICK_NS < read_ns:
        return seen.numbers
    clean = seen.numbers[:]
    for at, (mtime_ns, written_ns) in enumerate(zip(mtimes, written)):
        tick_ns = _TICK_NS if mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
        if written_ns + tick_ns >= read_ns:
            clean[at * WIDTH + INODE] = _NONE
    return clean


def _stats(seen: Listing, *, linked: bool) -> bytes:
    """All numbers but those that giving a file another name changes."""
    return seen.without(*((CTIME, LINKS) if linked else (LINKS,))).tobytes()


def _rows(packed: bytes, width: int) -> Iterator[Tuple[bytes, ...]]:
    """Pieces of equal width, each in a tuple."""
    return struct.iter_unpack(f"{width}s", packed)
