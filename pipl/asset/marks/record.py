"""The record of wheels looked into, so that each is downloaded once: by digest, for all projects.

It is a cache of the user's: losing it costs downloads, and a damaged one is made anew.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipl_pipe.asset.reference import MAX_BYTES

VERSION = 1
_WAIT_S = 10.0
_SCHEMA = "CREATE TABLE IF NOT EXISTS wheels (sha256 TEXT PRIMARY KEY, assets BLOB) WITHOUT ROWID"


class Record:
    """sha256 of a wheel to its `assets.json`, or to nothing where it is no product."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self, digests: Iterable[str]) -> dict[str, str | None]:
        """Of those wheels that were looked into, what they hold."""
        found: dict[str, str | None] = {}
        for sha256 in digests:
            row = self._connection.execute(
                "SELECT assets FROM wheels WHERE sha256 = ?", (sha256,)
            ).fetchone()
            if row is not None:
                with contextlib.suppress(zlib.error, UnicodeDecodeError):
                    found[sha256] = None if row[0] is None else _unpacked(row[0])
        return found

    def texts(self) -> Iterator[str]:
        """Every `assets.json` that was ever seen, of releases deleted since as well."""
        rows = self._connection.execute("SELECT assets FROM wheels WHERE assets IS NOT NULL")
        for (packed,) in rows:
            with contextlib.suppress(zlib.error, UnicodeDecodeError):
                yield _unpacked(packed)

    def keep(self, sha256: str, text: str | None) -> None:
        packed = None if text is None else zlib.compress(text.encode("utf-8"))
        with self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO wheels VALUES (?, ?)", (sha256, packed)
            )


@contextmanager
def opened(path: Path) -> Iterator[Record]:
    """The record at `path`, made where it is missing or damaged; in memory where it cannot be."""
    connection = _connected(path)
    try:
        yield Record(connection)
    finally:
        connection.close()


def _connected(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _prepared(sqlite3.connect(path, timeout=_WAIT_S))
        except sqlite3.OperationalError:
            break  # read-only, full, or locked for too long
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError):
                path.unlink()
        except OSError:
            break
    return _prepared(sqlite3.connect(":memory:"))


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"version {version}")
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(str(sound))
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _unpacked(packed: bytes) -> str:
    return zlib.decompressobj().decompress(packed, MAX_BYTES + 1).decode("utf-8")
