"""Between rows of the table of runs and `Run`, for the transactions of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pipl.ci.ledger.schema import runs
from pipl.ci.run import NewRun, Run
from pipl.errors.ci import RunNotFound
from pipl.index.name import IndexName


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_nothing`, which both databases write alike."""
    is_sqlite = connection.dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def add(connection: Connection, new: NewRun, now: float) -> bool:
    """Queue a run, unless its file had this handler on its index before, by whichever flow."""
    known = select(runs.c.id).where(
        runs.c.sha256 == new.sha256,
        runs.c.index == str(new.index),
        runs.c.handler == new.handler,
    )
    if connection.execute(select(exists(known))).scalar():
        return False
    return add_anew(connection, new, now)


def add_anew(connection: Connection, new: NewRun, now: float) -> bool:
    """Queue a run, unless its file had this handler on its index by the same flow before."""
    values = asdict(new) | {"index": str(new.index)}
    added = connection.execute(
        insert(connection, runs)
        .values(**values, state="queued", queued_at=now, due_at=now)
        .on_conflict_do_nothing()
        .returning(runs.c.id)
    )
    return added.first() is not None


def change(connection: Connection, run: Run, **values: Any) -> Run:  # the columns' own types
    connection.execute(update(runs).where(runs.c.id == run.id).values(**values))
    return replace(run, **values)


def one(connection: Connection, run_id: int, *, lock: bool = False) -> Run:
    """A run; with `lock`, nobody else changes it until this transaction ends.

    Raises RunNotFound.
    """
    query = select(runs).where(runs.c.id == run_id)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise RunNotFound(run_id)
    return run_of(row)


def many(connection: Connection, query: Select[Any]) -> tuple[Run, ...]:
    return tuple(run_of(row) for row in connection.execute(query).mappings())


def run_of(row: RowMapping) -> Run:
    values: Mapping[str, Any] = dict(row)
    return Run(**{**values, "index": IndexName.parse(values["index"])})


def is_current(connection: Connection, run: Run) -> bool:
    """Whether this very attempt is running still; it is locked then (see `one`)."""
    found = one(connection, run.id, lock=True)
    return found.state == "running" and found.attempt == run.attempt


def newest(connection: Connection, like: NewRun) -> Run:
    """The newest run of this handler over this file on this index. Raises RunNotFound."""
    query = select(runs).where(
        runs.c.sha256 == like.sha256,
        runs.c.index == str(like.index),
        runs.c.handler == like.handler,
    )
    found = many(connection, query.order_by(runs.c.id.desc()).limit(1))
    if not found:
        raise RunNotFound(0)
    return found[0]
