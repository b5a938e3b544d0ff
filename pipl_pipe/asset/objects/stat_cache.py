"""What was stored from where: storing an unchanged tree again costs a stat per file.

A local SQLite file, one row per source; losing it costs time only. As in git's index a file is
believed unchanged by its stat only if that is older than the moment at which its content was
read ("racily clean"): an edit of the same size within one tick of the clock is found.
"""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects.scan import Seen
from pipl_pipe.asset.store import Stored

_TICK_NS = 50_000_000
"""More than the longest tick of a kernel's clock."""
_COARSE_TICK_NS = 2_000_000_000
"""Of a file system that keeps no fractions of seconds (FAT keeps even seconds only)."""
_NONE = -1
"""No file's inode: what was not old enough is read again."""
_VERSION = 1
_FIELDS = 6
_HEX_BYTES = 32
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (
    store TEXT, source TEXT, algorithm TEXT, linked INTEGER, revision TEXT, size INTEGER,
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
        cls, stored: Stored, seen: List[Seen], digests: List[Digest], *, linked: bool, read_ns: int
    ) -> Taken:
        """`seen` and `digests` go together; `read_ns` is when the first was read."""
        clean = [
            one if _is_old(one, read_ns, linked=linked) else one._replace(inode=_NONE)
            for one in seen
        ]
        return cls(
            stored,
            digests[0].algorithm if digests else "",
            linked,
            _names(seen),
            _stats(clean, linked=linked),
            b"".join(bytes.fromhex(one.hex) for one in digests),
        )

    def is_whole(self, seen: List[Seen]) -> bool:
        """Whether nothing has changed at all."""
        return self.names == _names(seen) and self.stats == _stats(seen, linked=self.linked)

    def unchanged(self, seen: List[Seen]) -> Dict[str, Digest]:
        """The digests of the files that have not changed, by path."""
        names = self.names.decode("utf-8", "surrogateescape").split("\0")
        width = _FIELDS * 8
        before = {
            name: (self.stats[at * width : (at + 1) * width], at) for at, name in enumerate(names)
        }
        found = {}
        for one in seen:
            stats, at = before.get(one.path, (b"", 0))
            if stats == _stats([one], linked=self.linked):
                hex = self.digests[at * _HEX_BYTES : (at + 1) * _HEX_BYTES].hex()
                found[one.path] = Digest(self.algorithm, hex)
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
                    (str(store), str(source)),
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
            str(store),
            str(source),
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
            if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("DROP TABLE IF EXISTS sources")
                database.execute(_SCHEMA)
                database.execute(f"PRAGMA user_version = {_VERSION}")
            database.execute("PRAGMA synchronous = OFF")
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


def _is_old(one: Seen, read_ns: int, *, linked: bool) -> bool:
    """Whether it was last written so long before it was read that a later write would show."""
    written = one.mtime_ns if linked else max(one.mtime_ns, one.ctime_ns)
    tick_ns = _TICK_NS if one.mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
    return written + tick_ns < read_ns


def _names(seen: List[Seen]) -> bytes:
    return "\0".join([one.path for one in seen]).encode("utf-8", "surrogateescape")


def _stats(seen: List[Seen], *, linked: bool) -> bytes:
    """Six signed 64-bit numbers per file."""
    numbers = array("q")
    for _, size, mtime_ns, ctime_ns, inode, device, mode, _ in seen:
        ctime_ns = 0 if linked else ctime_ns
        numbers.extend((size, mtime_ns, ctime_ns, _signed(inode), _signed(device), mode))
    return numbers.tobytes()


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
