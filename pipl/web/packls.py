"""The newest release of every project of every private index, as the requirements page tells it.

What was found out lies in a small database beside devpi's own, so that each wheel is opened
once, and a restart costs nothing. It is kept equal to devpi by its change log, and it is only a
cache: a damaged one, or one of another database, is made anew.

    changed  index, project, the serial of the last change that was seen
    rows     index, project, the row (null: no release); dropped when the project changes
    pages    index, project, its simple page there; dropped likewise
    wheels   sha256 of a wheel, what it says of its packl
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devpi_server.keyfs import KeyFS
from devpi_server.model import BaseStage

from pipl.index import requirements, wheel_facts
from pipl.index.pages import Page
from pipl.index.requirements import MAX_REQUIREMENTS, IndexedPackl
from pipl.index.wheel_facts import WheelFacts
from pipl.web import feed, pages

NAME = "pipl-packls.sqlite3"
VERSION = 2
MAX_BEHIND = 50_000
"""More serials than these are not looked through: it is begun anew, which takes less."""
_CHUNK = 500
_PURE = "-none-any.whl"
_OF_PROJECTS = ("rows", "pages")
_SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "CREATE TABLE changed (place TEXT, project TEXT, serial INTEGER,"
    " PRIMARY KEY (place, project)) WITHOUT ROWID",
    "CREATE TABLE rows (place TEXT, project TEXT, row TEXT,"
    " PRIMARY KEY (place, project)) WITHOUT ROWID",
    "CREATE TABLE pages (place TEXT, project TEXT, row TEXT,"
    " PRIMARY KEY (place, project)) WITHOUT ROWID",
    "CREATE TABLE wheels (sha256 TEXT PRIMARY KEY, facts TEXT) WITHOUT ROWID",
)


class Packls:
    """The database at `path`; for all threads of the server, which take turns.

    Its methods need a transaction of devpi's `keyfs`, whose database has the identity `feed_id`.
    """

    def __init__(self, path: Path, keyfs: KeyFS, feed_id: str) -> None:
        self._path = path
        self._keyfs = keyfs
        self._feed = feed_id
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @contextmanager
    def looking(self) -> Iterator[View]:
        """As of the transaction's serial; what is found out meanwhile is kept at the end."""
        with self._lock:
            try:
                yield self._caught_up()
                if self._connection is not None:
                    self._connection.commit()
            except sqlite3.DatabaseError:
                self._drop()
                raise
            except BaseException:
                if self._connection is not None:
                    self._connection.rollback()
                raise

    def _caught_up(self) -> View:
        connection = self._connection or self._opened()
        self._connection = connection
        known = dict(connection.execute("SELECT name, value FROM facts").fetchall())
        last = int(known.get("serial", -1))
        ours = known.get("feed") == self._feed and "first" in known
        if ours and last > self._keyfs.tx.at_serial:  # a later request has come first
            self._keyfs.restart_read_transaction()
        serial = int(self._keyfs.tx.at_serial)
        if not ours or last > serial or serial - last > MAX_BEHIND:
            for table in ("changed", *_OF_PROJECTS):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  our own names
            known["first"], last = str(serial), serial
        for number in range(last + 1, serial + 1):
            places = _changed_in(self._keyfs, number)
            for table in _OF_PROJECTS:
                which = f"DELETE FROM {table} WHERE place = ? AND project = ?"  # noqa: S608
                connection.executemany(which, places)
            connection.executemany(
                "INSERT OR REPLACE INTO changed VALUES (?, ?, ?)",
                [(*place, number) for place in places],
            )
        facts = {"feed": self._feed, "first": known["first"], "serial": str(serial)}
        if facts != known:
            connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())
        return View(connection, int(known["first"]), serial)

    def _opened(self) -> sqlite3.Connection:
        """The database, made anew where it is damaged; in memory where it cannot be written."""
        for _ in range(2):
            with contextlib.suppress(sqlite3.DatabaseError):
                return _connected(self._path)
            for path in self._path.parent.glob(f"{self._path.name}*"):
                with contextlib.suppress(OSError):
                    path.unlink()
        return _connected(None)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        for path in self._path.parent.glob(f"{self._path.name}*"):
            with contextlib.suppress(OSError):
                path.unlink()


class View:
    """The packls as of `serial`; changes are known from the serial `first` on."""

    def __init__(self, connection: sqlite3.Connection, first: int, serial: int) -> None:
        self._connection = connection
        self.first = first
        self.serial = serial

    def changed(self, since: int, places: Sequence[str]) -> set[str]:
        """The projects that have changed after a serial on any of these indexes."""
        marks = ",".join("?" * len(places))
        rows = self._connection.execute(
            f"SELECT DISTINCT project FROM changed WHERE serial > ? AND place IN ({marks})",  # noqa: S608
            (since, *places),
        )
        return {project for (project,) in rows}

    def newest(
        self, stages: Sequence[BaseStage], projects: Sequence[str], mirrors: Iterable[str]
    ) -> dict[str, Mapping[str, Any]]:
        """The newest release of each project on `stages`, from the nearest that has it."""
        found: dict[str, Mapping[str, Any]] = {}
        hidden = frozenset(mirrors)
        for stage in stages:
            held = set(projects) & set(stage.list_projects_perstage())
            known = self._known("rows", stage.name, sorted(held))
            for project in held:
                row = known[project] if project in known else self._look(stage, project, hidden)
                if row is None:
                    continue
                other = found.get(project)
                if other is None or _order(other) < _order(row):
                    found[project] = row
        return found

    def pages(
        self, stages: Sequence[BaseStage], projects: Sequence[str]
    ) -> dict[str, Mapping[str, Any]]:
        """The simple page of each project that has any file, over indexes, nearest first."""
        held: dict[str, list[Any]] = {}
        for stage in stages:
            here = sorted(set(projects) & set(stage.list_projects_perstage()))
            known = self._known("pages", stage.name, here)
            for project in here:
                row = known[project] if project in known else self._look_page(stage, project)
                if row["files"]:
                    held.setdefault(project, []).append(row)
        return {
            project: rows[0] if len(rows) == 1 else _together(project, rows)
            for project, rows in held.items()
        }

    def _look_page(self, stage: BaseStage, project: str) -> Mapping[str, Any]:
        page = pages.look(stage, project)
        row = page.to_json()
        if all(file.size_bytes is not None for file in page.files):  # else not all is here yet
            self._connection.execute(
                "INSERT OR REPLACE INTO pages VALUES (?, ?, ?)",
                (stage.name, project, json.dumps(row, separators=(",", ":"))),
            )
        return row

    def _known(self, table: str, place: str, projects: Sequence[str]) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for start in range(0, len(projects), _CHUNK):
            chunk = projects[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = self._connection.execute(
                f"SELECT project, row FROM {table} WHERE place = ? AND project IN ({marks})",  # noqa: S608
                (place, *chunk),
            )
            known.update((project, json.loads(row)) for project, row in rows)
        return known

    def _look(
        self, stage: BaseStage, project: str, mirrors: frozenset[str]
    ) -> Mapping[str, Any] | None:
        """What devpi has; the wheel is opened where this very content was not seen before."""
        newest = _newest(stage, project)
        row = None
        if newest is not None:
            link = newest.wheel
            facts = WheelFacts() if link is None else self._facts(stage, link, mirrors)
            if facts is None:
                return newest.row(WheelFacts())  # its content is not here yet: not kept
            row = newest.row(facts)
        self._connection.execute(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (stage.name, project, json.dumps(row))
        )
        return row

    def _facts(self, stage: Any, link: Any, mirrors: frozenset[str]) -> WheelFacts | None:
        sha256 = feed.sha256_of(link)
        known = self._connection.execute(
            "SELECT facts FROM wheels WHERE sha256 = ?", (sha256,)
        ).fetchone()
        if known is not None:
            return WheelFacts.from_json(json.loads(known[0]))
        entry = stage.filestore.get_file_entry(link["entrypath"].partition("#")[0])
        if entry is None or not entry.file_exists():
            return None
        with entry.file_open_read() as wheel:
            facts = wheel_facts.read(wheel, mirrors=mirrors)
        if sha256:
            self._connection.execute(
                "INSERT OR REPLACE INTO wheels VALUES (?, ?)",
                (sha256, json.dumps(facts.to_json())),
            )
        return facts


class _Newest:
    """A version of a project on one index, with the wheel that CI would look at."""

    def __init__(self, place: str, project: str, version: str, data: Any, wheel: Any) -> None:
        self._place = place
        self._project = project
        self._version = version
        self._data = data
        self.wheel = wheel

    def row(self, facts: WheelFacts) -> dict[str, object]:
        requires = [str(text) for text in self._data.get("requires_dist") or ()]
        python = self._data.get("requires_python")
        return IndexedPackl(
            name=self._project,
            version=self._version,
            index=self._place,
            sha256="" if self.wheel is None else feed.sha256_of(self.wheel),
            requires=tuple(requires[:MAX_REQUIREMENTS]),
            requires_python=str(python) if python else None,
            complete=len(requires) <= MAX_REQUIREMENTS,
            facts=facts,
        ).to_json()


def _newest(stage: Any, project: str) -> _Newest | None:
    """The version that an installer would take, one with a wheel if there is any."""
    versions = sorted(stage.list_versions_perstage(project), key=requirements.order, reverse=True)
    without = None
    for version in versions:
        if not requirements.order(version)[0]:
            continue
        data = stage.get_versiondata_perstage(project, version)
        if pages.reason_of(data) is not None:
            continue
        links = feed.release_links(data).items()
        wheels = sorted((path, link) for path, link in links if path.endswith(".whl"))
        pure = [pair for pair in wheels if pair[0].endswith(_PURE)]
        for _, link in pure or wheels:
            return _Newest(stage.name, project, version, data, link)
        if links and without is None:
            without = _Newest(stage.name, project, version, data, None)
    return without


def _changed_in(keyfs: KeyFS, serial: int) -> set[tuple[str, str]]:
    """The (index, project) pairs of which a version has changed in a serial, or has gone."""
    key: Any = keyfs.get_key(feed.VERSION_KEY)
    connection: Any = keyfs.tx.conn  # declared by an interface without `self`
    found = set()
    for path, (name, _, _) in connection.get_changes(serial).items():
        if name == feed.VERSION_KEY:
            place = key.extract_params(path)
            found.add((f"{place['user']}/{place['index']}", place["project"]))
    return found


def _together(project: str, rows: Iterable[Any]) -> Mapping[str, Any]:
    return pages.merged(project, [Page.from_json(row) for row in rows]).to_json()


def _order(row: Mapping[str, Any]) -> tuple[bool, bool, Any]:
    return requirements.order(str(row["version"]))


def _connected(path: Path | None) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError for what is no such database."""
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.commit()
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"version {version}")
        if path is not None:
            path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection
