"""The ledger's tables, and opening the database that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from pipl.errors import InvalidFile, UnknownLedger

SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 30.0
READ_ONLY = "pipl_read_only"
"""Execution option of a connection that only reads, so that it takes no write lock."""

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)
"""`schema`: the version of these tables; `cursor`: the last serial of the feed that was read."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("index", String(200), nullable=False),
    Column("project", String(200), nullable=False),
    Column("version", String(100), nullable=False),
    Column("filename", String(300), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("handler", String(100), nullable=False),
    Column("user", String(200)),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("faults", Integer, nullable=False, default=0),
    Column("queued_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("host", String(200)),
    Column("log", String(300)),
    Column("code", String(100), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("hint", Text, nullable=False, default=""),
    UniqueConstraint("sha256", "index", "handler", name="one_run"),
    Index("runs_by_state", "state", "due_at", "id"),
    Index("runs_by_release", "project", "version"),
)


def open_database(path: Path) -> Engine:
    """The database at `path`, made where there is none.

    Raises UnknownLedger where another version of pipl wrote it, InvalidFile where it is no
    database.
    """
    # A connection is cheap here, and none may be shared with a forked or a second thread.
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            found = _version(connection)
    except DatabaseError as fault:
        engine.dispose()
        raise InvalidFile(str(path), str(fault.orig)) from fault
    if found != SCHEMA_VERSION:
        engine.dispose()
        raise UnknownLedger(str(path), str(found), SCHEMA_VERSION)
    return engine


def _version(connection: Connection) -> int | None:
    """The version of the tables, which are made where there are none at all."""
    names = inspect(connection).get_table_names()
    if not names:
        metadata.create_all(connection)
        connection.execute(
            insert(facts),
            [{"name": "schema", "value": SCHEMA_VERSION}, {"name": "cursor", "value": 0}],
        )
        return SCHEMA_VERSION
    if facts.name not in names:
        return None
    found = connection.execute(select(facts.c.value).where(facts.c.name == "schema")).scalar()
    return None if found is None else int(found)


def _configure(connection: Any, record: object) -> None:  # sqlite3's own connection
    connection.isolation_level = None  # transactions begin below, not where sqlite3 guesses
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    # A transaction that writes later must not find out then that another one did meanwhile.
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
