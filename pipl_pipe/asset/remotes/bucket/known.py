"""The record of what a remote is known to hold: a SQLite file on this machine.

Losing it costs time only. It is filled by pushes and from packs' indexes, never from documents,
which may lie about where in a pack an object is. What it says may be out of date, so whoever
counts on it looks.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path
from typing import Callable, Dict, Iterable, Mapping, Optional, Set, TypeVar

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.remotes.bucket.whereabouts import Spot

_VERSION = 1
_WAIT_S = 30.0
_AT_ONCE = 500
"""Variables of one query; SQLite once admitted 999."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS packs (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, whole INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS spots (
    digest TEXT PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spots_of_pack ON spots (pack);
PRAGMA user_version = 1;
"""
_FIND = """
SELECT digest, name, offset FROM spots LEFT JOIN packs ON number = pack WHERE digest IN ({})
"""
_FORGET = "DELETE FROM spots WHERE pack IN (SELECT number FROM packs WHERE name = ?)"
_NO_PACK = 0
T = TypeVar("T")


class Known:
    """Safe for many threads and processes. Without a folder it knows nothing."""

    def __init__(self, folder: Optional[Path], remote: str) -> None:
        """`remote` is the bucket's name; each has a file of its own in the folder."""
        name = hashlib.sha256(remote.encode("utf-8")).hexdigest()[:32]
        self.path = folder / f"{name}.sqlite" if folder else None

    def spots(self, digests: Iterable[Digest]) -> Dict[Digest, Spot]:
        """Where those of the digests lie that are known."""
        asked = {str(digest): digest for digest in digests}
        texts = list(asked)

        def ask(record: sqlite3.Connection) -> Dict[Digest, Spot]:
            found: Dict[Digest, Spot] = {}
            for start in range(0, len(texts), _AT_ONCE):
                some = texts[start : start + _AT_ONCE]
                rows = record.execute(_FIND.format(",".join("?" * len(some))), some)
                found.update((asked[text], Spot(name or "", at)) for text, name, at in rows)
            return found

        return self._with(ask, {})

    def packs(self) -> Set[str]:
        """The packs all of whose members are known."""

        def ask(record: sqlite3.Connection) -> Set[str]:
            return {name for (name,) in record.execute("SELECT name FROM packs WHERE whole")}

        return self._with(ask, set())

    def note(self, spots: Mapping[Digest, Spot], *, whole: str = "") -> None:
        """Learn where objects lie; `whole` is a pack all of whose members are among them."""
        names = sorted({spot.pack for spot in spots.values()} - {""})

        def write(record: sqlite3.Connection) -> None:
            numbers = {"": _NO_PACK}
            for name in names:
                record.execute("INSERT OR IGNORE INTO packs (name, whole) VALUES (?, 0)", (name,))
                row = record.execute("SELECT number FROM packs WHERE name = ?", (name,)).fetchone()
                numbers[name] = row[0]
            record.execute("UPDATE packs SET whole = 1 WHERE name = ?", (whole,))
            rows = ((str(one), numbers[spot.pack], spot.offset) for one, spot in spots.items())
            record.executemany("INSERT OR REPLACE INTO spots VALUES (?, ?, ?)", rows)

        if spots:
            self._with(write, None)

    def forget(self, digests: Iterable[Digest], packs: Iterable[str] = ()) -> None:
        """Unlearn objects, and packs with their members: the remote lost them."""
        objects, names = [(str(one),) for one in digests], [(name,) for name in packs]

        def write(record: sqlite3.Connection) -> None:
            record.executemany("DELETE FROM spots WHERE digest = ?", objects)
            record.executemany(_FORGET, names)
            record.executemany("DELETE FROM packs WHERE name = ?", names)

        self._with(write, None)

    def _with(self, work: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """What `work` gives, in one transaction; `nothing` where the record cannot be used.

        A broken record is removed, so that the next one to need it makes it anew.
        """
        if self.path is None:
            return nothing
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as record, record:
                record.execute("PRAGMA synchronous = OFF")
                version = record.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    record.executescript(_SCHEMA)
                elif version != _VERSION:
                    return nothing
                return work(record)
        except (sqlite3.OperationalError, OSError):  # busy for long, or read-only
            return nothing
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError):
                self.path.unlink()
            return nothing
