"""The packls of an index as rows of an SQLite file, of which a question reads the few it needs.

Nobody changes such a file: a new one takes its place. Who opens one takes it into memory, and reads
rows when they are asked for: readers need no locks, and see one state of the index.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from pipl.index.requirements import IndexedPackl, Moved, Requirements
from pipl.packl.graph import edges

FORMAT = 2
"""Stands in the header as the application's identity."""
MAX_BYTES = 1_000_000_000
_SUM, _IDENTITY = slice(60, 64), slice(68, 72)
"""Where the header has a number that is ours (sqlite.org/fileformat.html); in it, a checksum."""
_TABLES = """
CREATE TABLE state (feed TEXT, host TEXT, serial INTEGER, sources TEXT);
CREATE TABLE packls (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE wanted (name TEXT, by TEXT, text TEXT, PRIMARY KEY (name, by, text)) WITHOUT ROWID;
CREATE TABLE announced (product TEXT, task TEXT, PRIMARY KEY (product, task)) WITHOUT ROWID;
CREATE TABLE made (product TEXT PRIMARY KEY, task TEXT) WITHOUT ROWID;
CREATE INDEX wanted_by ON wanted (by);
CREATE INDEX announced_by ON announced (task);
CREATE INDEX made_by ON made (task);
"""
_MAKER = """
SELECT task FROM made WHERE product = :product
UNION ALL SELECT max(task) FROM announced WHERE product = :product
"""
_PRODUCTS = """
SELECT product FROM made WHERE task = :task
UNION SELECT product FROM announced AS one WHERE task = :task
    AND NOT EXISTS (SELECT 1 FROM made WHERE made.product = one.product)
    AND NOT EXISTS (SELECT 1 FROM announced AS other
                    WHERE other.product = one.product AND other.task > one.task)
ORDER BY product
"""


class Damaged(Exception):
    """A file that cannot be relied on."""


class Rows(Mapping[str, IndexedPackl]):
    """The packls of a file by name, each read when it is asked for; and the edges among them."""

    def __init__(self, path: Path) -> None:
        """Raises Damaged, also where there is no such file."""
        try:
            self.sum = _expect_whole(path)
            self._connection = sqlite3.connect(":memory:", check_same_thread=False)
            weakref.finalize(self, self._connection.close)
            place = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(place, uri=True)) as kept:
                kept.backup(self._connection)
        except (OSError, sqlite3.Error) as fault:
            raise Damaged(str(fault)) from fault
        self.path = path
        self._read: dict[str, IndexedPackl] = {}
        self._has_read_all = False

    def state(self) -> Requirements:
        """What was kept, these rows as its packls."""
        ((feed, index, serial, sources),) = self._ask("SELECT * FROM state")
        return Requirements(feed, index, serial, tuple(json.loads(sources)), self)

    def __getitem__(self, name: str) -> IndexedPackl:
        if name not in self._read:
            found = self._ask("SELECT value FROM packls WHERE name = ?", name)
            if not found:
                raise KeyError(name)
            self._read[name] = _packl(found[0][0])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """Who looks at all of them gets all of them at once."""
        if not self._has_read_all:
            for name, value in self._ask("SELECT name, value FROM packls"):
                if name not in self._read:
                    self._read[name] = _packl(value)
            self._has_read_all = True
        return iter(tuple(self._read))

    def __len__(self) -> int:
        ((count,),) = self._ask("SELECT count(*) FROM packls")
        return int(count)

    def wanting(self, name: str) -> Iterable[tuple[str, str]]:
        return self._ask("SELECT by, text FROM wanted WHERE name = ? ORDER BY by, text", name)

    def maker(self, product: str) -> str | None:
        return next((task for (task,) in self._ask(_MAKER, product=product) if task), None)

    def products_of(self, task: str) -> tuple[str, ...]:
        return tuple(product for (product,) in self._ask(_PRODUCTS, task=task))

    def _ask(self, query: str, *values: str, **named: str) -> list[Any]:
        return self._connection.execute(query, named or values).fetchall()


def write(path: Path, found: Requirements) -> None:
    """Replace the file, whole or not at all; for its owner only.

    What was `Moved` from the rows of this very file is all that is written anew, unless another
    process has replaced it meanwhile. Raises OSError.
    """
    moved = found.packls
    with tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        made = Path(folder) / "rows"
        is_next = isinstance(moved, Moved) and _is_copy(moved.before, path, made)
        try:
            with closing(sqlite3.connect(made)) as connection, connection:
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                if is_next:
                    assert isinstance(moved, Moved)
                    _drop(connection, (*moved.gone, *moved.found))
                    _add(connection, moved.found.values())
                else:
                    connection.executescript(f"{_TABLES}; PRAGMA application_id = {FORMAT}")
                    _add(connection, found.packls.values())
                state = (found.feed, found.index, found.serial, json.dumps(found.sources))
                connection.execute("DELETE FROM state")
                connection.execute("INSERT INTO state VALUES (?, ?, ?, ?)", state)
        except sqlite3.Error as fault:
            raise OSError(f"{path}: {fault}") from fault
        with made.open("rb+") as file:
            file.seek(_SUM.start)
            file.write(_sum_of(made.read_bytes()))
            file.flush()
            os.fsync(file.fileno())
        made.chmod(0o600)
        made.replace(path)


def _is_copy(before: Mapping[str, IndexedPackl], path: Path, made: Path) -> bool:
    """Whether `made` is now the file that these are the rows of, `path` being still the same."""
    if not isinstance(before, Rows) or before.path != path:
        return False
    with contextlib.suppress(OSError, Damaged):
        shutil.copyfile(path, made)
        if _expect_whole(made) == before.sum:
            return True
    made.unlink(missing_ok=True)
    return False


def _expect_whole(path: Path) -> bytes:
    """The checksum of a file that is as it was written. Raises Damaged, OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise Damaged(f"{path} is larger than {MAX_BYTES} bytes")
    content = path.read_bytes()
    if content[_IDENTITY] != FORMAT.to_bytes(4, "big") or content[_SUM] != _sum_of(content):
        raise Damaged(f"{path} is not as it was written, or of another format")
    return content[_SUM]


def _sum_of(content: bytes) -> bytes:
    """The checksum of a file, but for where it stands."""
    rest = zlib.crc32(content[_SUM.stop :], zlib.crc32(content[: _SUM.start]))
    return rest.to_bytes(4, "big")


def _drop(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    rows = [(name,) for name in names]
    connection.executemany("DELETE FROM packls WHERE name = ?", rows)
    connection.executemany("DELETE FROM wanted WHERE by = ?", rows)
    connection.executemany("DELETE FROM announced WHERE task = ?", rows)
    connection.executemany("DELETE FROM made WHERE product = ?", rows)


def _add(connection: sqlite3.Connection, packls: Iterable[IndexedPackl]) -> None:
    for packl in packls:
        name = packl.name
        value = json.dumps(packl.to_json(), separators=(",", ":"))
        connection.execute("INSERT INTO packls VALUES (?, ?)", (name, value))
        wants = [(wanted, name, text) for wanted, text in edges.wants(packl)]
        connection.executemany("INSERT INTO wanted VALUES (?, ?, ?)", wants)
        says = [(product, name) for product in dict.fromkeys(edges.announced(packl))]
        connection.executemany("INSERT INTO announced VALUES (?, ?)", says)
        task = edges.made_by(packl)
        if task:
            connection.execute("INSERT INTO made VALUES (?, ?)", (name, task))


def _packl(value: str) -> IndexedPackl:
    return IndexedPackl.of_checked(json.loads(value))
