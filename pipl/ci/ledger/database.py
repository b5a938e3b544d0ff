"""Opening the ledger's database: SQLite in the CI folder, or PostgreSQL by a URL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event, insert, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
)

from pipl.ci.ledger.schema import HEAD, facts, metadata
from pipl.errors.base import DiskFull
from pipl.errors.ci import ExtraNeeded, InvalidLedgerUrl, LedgerAway, LedgerGone, UnknownLedger
from pipl.errors.usage import InvalidFile

BUSY_TIMEOUT_S = 30.0
BUSY_PAUSE_S = 0.01
CONNECT_TIMEOUT_S = 10
IDLE_TIMEOUT_S = 10
"""After so long without a word inside a transaction, PostgreSQL ends it. A runner that was stopped
there (SIGSTOP, a suspended machine) would keep its rows from whoever takes its work over."""
_READ_ONLY = "pipl_read_only"  # a connection that only reads, and so takes no write lock
_DURABLE = "pipl_durable"  # flushed to disk before it returns
_VERSIONS = "alembic_version"  # Alembic's own table
_UNUSABLE = ("locked", "readonly database", "disk I/O error", "unable to open database file")
"""What SQLite says of a file that cannot be used now, and perhaps later; the first of one that
was locked for longer than BUSY_TIMEOUT_S."""
_FULL = ("database or disk is full", "No space left on device")  # SQLite, PostgreSQL
_MIGRATING = 0x7069706C  # "pipl": the lock under which PostgreSQL ledgers are migrated


class Ledger:
    """The open database. Several processes may hold the same one, on several machines.

    Threads may share it: each `writing` and `reading` has a connection of its own.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file: tuple[Path, int] | None = None  # SQLite's, and its inode

    @classmethod
    def open(cls, place: Path | URL) -> Ledger:
        """The ledger at a path or a PostgreSQL URL, made where there is none, migrated if old.

        Raises UnknownLedger where a later version of pipl has written it, InvalidFile where it
        is no ledger, LedgerAway, ExtraNeeded.
        """
        ledger = cls(_engine(place))
        try:
            with ledger.reading() as connection:
                found = _found(connection, ledger.name)
            if found != HEAD:
                with ledger.writing() as connection:
                    _migrate(connection, ledger.name)
            if isinstance(place, Path):
                ledger._file = place, place.stat().st_ino
        except DatabaseError as fault:
            ledger.close()
            raise InvalidFile(ledger.name, str(fault.orig)) from fault
        except BaseException:
            ledger.close()
            raise
        return ledger

    @property
    def name(self) -> str:
        """Its path, or its URL without the password."""
        url = self._engine.url
        is_file = url.get_backend_name() == "sqlite"
        return str(url.database) if is_file else url.render_as_string(hide_password=True)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Connection]:
        """One transaction that changes something. Raises DiskFull, LedgerAway, LedgerGone.

        It survives the end of every process. Where the machine loses its power, a SQLite ledger
        may be as it was some transactions before, but for those that were `durable` and all
        that came before them.
        """
        self._require_file()
        with self._telling(), self._engine.connect() as bare:
            connection = bare.execution_options(**{_DURABLE: durable})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads. Raises LedgerAway."""
        with self._telling(), self._engine.connect() as connection:
            yield connection.execution_options(**{_READ_ONLY: True})

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as fault:
            is_broken = isinstance(fault, (OperationalError, InterfaceError))
            if not (is_broken or fault.connection_invalidated):
                raise
            said = str(fault.orig)
            self._require_file()
            if any(words in said for words in _FULL):
                raise DiskFull(self.name) from fault
            if self._is_away(fault):
                raise LedgerAway(self.name, said.strip().splitlines()[0]) from fault
            raise

    def _is_away(self, fault: DBAPIError) -> bool:
        if self._engine.dialect.name == "sqlite":
            return any(words in str(fault.orig) for words in _UNUSABLE)
        return True

    def _require_file(self) -> None:
        """A file that was removed or replaced could be written on, and all of it be lost."""
        if self._file is None:
            return
        path, inode = self._file
        try:
            is_same = path.stat().st_ino == inode
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise LedgerGone(str(path))


def parse_url(given: str) -> URL:
    """A URL of a PostgreSQL database. Raises InvalidLedgerUrl; also where it holds a password."""
    try:
        url = sqlalchemy.make_url(given)
    except ArgumentError:
        raise InvalidLedgerUrl("it is no URL") from None
    if url.get_backend_name() != "postgresql":
        raise InvalidLedgerUrl("a ledger that is no file is in PostgreSQL")
    if url.password is not None:
        raise InvalidLedgerUrl("the password belongs into the project's secrets, as `ledger`")
    return url.set(drivername="postgresql+psycopg")


def _engine(place: Path | URL) -> Engine:
    if isinstance(place, Path):
        engine = sqlalchemy.create_engine(f"sqlite:///{place}")
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return sqlalchemy.create_engine(
            place,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_S,
                "options": f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_S}s",
            },
        )
    except ModuleNotFoundError as fault:
        raise ExtraNeeded(str(fault.name), "postgresql") from None


def _found(connection: Connection, name: str) -> str | None:
    """The migration that the tables are of, None where there are none or those of the first.

    Raises UnknownLedger.
    """
    names = inspect(connection).get_table_names()
    if _VERSIONS in names:
        found = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar()  # noqa: S608
        if found is None or str(found) > HEAD:
            raise UnknownLedger(name, str(found), HEAD)
        return str(found)
    if names:
        if facts.name not in names:
            raise UnknownLedger(name, "other tables", HEAD)
        query = text("SELECT value FROM facts WHERE name = 'schema'")
        schema = connection.execute(query).scalar()
        if schema != 1:
            raise UnknownLedger(name, f"schema {schema}", HEAD)
    return None


def _migrate(connection: Connection, name: str) -> None:
    """Bring the tables to HEAD; another process may be about to do the same."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
    found = _found(connection, name)
    if found is None and not inspect(connection).has_table(facts.name):
        _create(connection)
    elif found != HEAD:
        migrate(connection, since=found or "0001")


def _create(connection: Connection) -> None:
    """All tables as they are now: the same as after every migration, and much quicker."""
    metadata.create_all(connection)
    connection.execute(insert(facts).values(name="cursor", value=0))
    connection.execute(
        text(f"CREATE TABLE {_VERSIONS} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    )
    connection.execute(text(f"INSERT INTO {_VERSIONS} VALUES ('{HEAD}')"))  # noqa: S608


def migrate(connection: Connection, *, since: str) -> None:
    """Run the migrations after `since`, which made the tables that there are ("base": none)."""
    from alembic import command  # takes 0.2 s, and hardly ever is there something to do
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "pipl.ci.ledger:migrations")
    config.attributes["connection"] = connection
    command.stamp(config, since)
    command.upgrade(config, HEAD)


def _configure_sqlite(connection: Any, record: object) -> None:  # sqlite3's own connection
    connection.isolation_level = None  # transactions begin below, not where sqlite3 guesses
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    _to_wal(connection)


def _to_wal(connection: Any) -> None:
    """SQLite waits for other processes everywhere, but not where two change to WAL at once."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_PAUSE_S)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that writes later must not find out then that another one did meanwhile.
    options = connection.get_execution_options()
    read_only = options.get(_READ_ONLY, False)
    level = "FULL" if options.get(_DURABLE, False) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
