"""The ledger: every run and its state, and how far the feed has been read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from pipl.ci import schema
from pipl.ci.run import PENDING, RETRYABLE, NewRun, Outcome, Run, State
from pipl.ci.schema import facts, runs
from pipl.errors import DiskFull, RunNotFound, RunNotRetryable
from pipl.index.name import IndexName

_DISK_FULL = "database or disk is full"  # SQLite's own words for SQLITE_FULL


class Ledger:
    """Each method is one transaction: it has happened as a whole, or not at all.

    Several processes may hold the same ledger; all of them may retry, one of them runs.
    Times are given by the caller. Every method raises DiskFull when nothing can be written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """The ledger at `path`, made where there is none. Raises UnknownLedger, InvalidFile."""
        return cls(schema.open_database(path))

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

    def cursor(self) -> int:
        """The last serial of the feed whose runs the ledger holds."""
        with self._reading() as connection:
            query = select(facts.c.value).where(facts.c.name == "cursor")
            return int(connection.execute(query).scalar_one())

    def ingest(self, serial: int, new: Iterable[NewRun], *, now: float) -> int:
        """Queue runs and move the cursor to `serial`; returns how many were not known before."""
        with self._writing() as connection:
            added = sum(_add(connection, one, now) for one in new)
            connection.execute(update(facts).where(facts.c.name == "cursor").values(value=serial))
        return added

    def claim(
        self,
        *,
        now: float,
        host: str,
        only: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> Run | None:
        """Take the longest waiting run that is due, None where there is none.

        `only` and `without` name handlers. The run is running afterwards, on its next attempt.
        """
        query = select(runs).where(runs.c.state == "queued", runs.c.due_at <= now)
        if only:
            query = query.where(runs.c.handler.in_(only))
        if without:
            query = query.where(runs.c.handler.not_in(without))
        with self._writing() as connection:
            row = connection.execute(query.order_by(runs.c.id).limit(1)).mappings().one_or_none()
            if row is None:
                return None
            before = _run(row)
            return _change(
                connection,
                before,
                state="running",
                attempt=before.attempt + 1,
                started_at=now,
                ended_at=None,
                host=host,
                log=f"runs/{before.id}/log.txt",
                code="",
                reason="",
                hint="",
            )

    def finish(
        self, run: Run, outcome: Outcome, *, now: float, then: NewRun | None = None
    ) -> Run | None:
        """Record how a running run ended; `then` is queued once its whole release has passed.

        A release has passed when all runs of its project and version on its index have.
        Returns None, and changes nothing, where this attempt is not running any more.
        """
        with self._writing() as connection:
            if not _is_running(connection, run):
                return None
            ended = _change(
                connection,
                run,
                state=outcome.state,
                ended_at=now,
                faults=0,
                code=outcome.code,
                reason=outcome.reason,
                hint=outcome.hint,
            )
            passed = outcome.state == "passed"
            if then is not None and passed and _all_passed(connection, run, then.handler):
                _add(connection, then, now)
            return ended

    def requeue(
        self, run: Run, *, now: float, due_at: float, reason: str, fault: bool
    ) -> Run | None:
        """Queue a running run again, whose attempt came to nothing; counted where `fault`.

        Returns None, and changes nothing, where this attempt is not running any more.
        """
        with self._writing() as connection:
            if not _is_running(connection, run):
                return None
            return _change(
                connection,
                run,
                state="queued",
                due_at=due_at,
                ended_at=now,
                faults=run.faults + fault,
                reason=reason,
            )

    def retry(self, run_id: int, *, now: float) -> Run:
        """Queue a run again that has failed. Raises RunNotFound, RunNotRetryable."""
        with self._writing() as connection:
            run = _one(connection, run_id)
            if run.state not in RETRYABLE:
                raise RunNotRetryable(run_id, run.state)
            return _change(
                connection,
                run,
                state="queued",
                queued_at=now,
                due_at=now,
                faults=0,
                reason=f"retried after: {run.reason}" if run.reason else "retried",
            )

    def run(self, run_id: int) -> Run:
        """One run. Raises RunNotFound."""
        with self._reading() as connection:
            return _one(connection, run_id)

    def runs(
        self,
        *,
        states: Sequence[State] = (),
        project: str | None = None,
        version: str | None = None,
        handler: str | None = None,
        limit: int | None = None,
    ) -> tuple[Run, ...]:
        """The runs that fit everything given, newest first."""
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        if states:
            query = query.where(runs.c.state.in_(states))
        wanted = ((runs.c.project, project), (runs.c.version, version), (runs.c.handler, handler))
        for column, value in wanted:
            if value is not None:
                query = query.where(column == value)
        with self._reading() as connection:
            return _select(connection, query)

    def pending(self) -> bool:
        """Whether any run is queued or running."""
        query = select(runs.c.id).where(runs.c.state.in_(PENDING)).limit(1)
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as fault:
            if _DISK_FULL in str(fault.orig):
                raise DiskFull(str(self._engine.url.database)) from fault
            raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(**{schema.READ_ONLY: True}) as connection:
            yield connection


def _add(connection: Connection, new: NewRun, now: float) -> int:
    values = asdict(new) | {"index": str(new.index)}
    added = connection.execute(
        insert(runs)
        .values(**values, state="queued", queued_at=now, due_at=now)
        .on_conflict_do_nothing()
    )
    return added.rowcount


def _change(connection: Connection, run: Run, **values: Any) -> Run:  # the columns' own types
    connection.execute(update(runs).where(runs.c.id == run.id).values(**values))
    return replace(run, **values)


def _is_running(connection: Connection, run: Run) -> bool:
    found = _one(connection, run.id)
    return found.state == "running" and found.attempt == run.attempt


def _all_passed(connection: Connection, run: Run, besides: str) -> bool:
    others = select(runs.c.id).where(
        runs.c.index == str(run.index),
        runs.c.project == run.project,
        runs.c.version == run.version,
        runs.c.handler != besides,
        runs.c.state != "passed",
    )
    return connection.execute(others.limit(1)).first() is None


def _one(connection: Connection, run_id: int) -> Run:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).mappings().one_or_none()
    if row is None:
        raise RunNotFound(run_id)
    return _run(row)


def _select(connection: Connection, query: Select[Any]) -> tuple[Run, ...]:
    return tuple(_run(row) for row in connection.execute(query).mappings())


def _run(row: RowMapping) -> Run:
    values: Mapping[str, Any] = dict(row)
    return Run(**{**values, "index": IndexName.parse(values["index"])})
