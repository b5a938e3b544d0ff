"""Whether the ledger agrees with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, update

from pipl.ci.ledger import leases, queue, rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import logs, notices, outbox, records, runs
from pipl.ci.run import PENDING, RETRYABLE, Run

ENDED = ("passed", *RETRYABLE)
STUCK_S = 24 * 3600.0
"""A notice that was to be sent so long ago, and was not, is stuck: nobody delivers."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong; `code` names the kind, `run` the run where it is about one.

    `mend` puts it right and says whether it did; None where only people can.
    """

    code: str
    text: str
    run: int | None = None
    mend: Callable[[], bool] | None = field(default=None, repr=False, compare=False)


def check(ledger: Ledger, *, now: float) -> tuple[Fault, ...]:
    """Everything that is wrong, most of it with a repair."""
    return (
        *_of_states(ledger),
        *_lost(ledger, now),
        *_leftovers(ledger),
        *_notices(ledger, now),
    )


def _of_states(ledger: Ledger) -> Iterator[Fault]:
    """Runs whose columns cannot be together; each transition writes all of them at once."""
    is_idle = runs.c.state != "running"
    wrong: tuple[tuple[str, ColumnElement[bool]], ...] = (
        ("is in no known state", runs.c.state.not_in((*PENDING, *ENDED))),
        (
            "is running without a start, or has ended",
            (runs.c.state == "running")
            & (runs.c.started_at.is_(None) | runs.c.ended_at.is_not(None)),
        ),
        ("has ended without a time", runs.c.state.in_(ENDED) & runs.c.ended_at.is_(None)),
        ("has a runner and is not running", is_idle & runs.c.runner.is_not(None)),
        ("has negative counts", or_(runs.c.attempt < 0, runs.c.faults < 0)),
    )
    for text, condition in wrong:
        with ledger.reading() as connection:
            query = select(runs).where(condition).order_by(runs.c.id)
            found = connection.execute(query).mappings().all()
        for row in found:
            named = f"{row['handler']} of {row['project']} {row['version']} on {row['index']}"
            yield Fault("impossible-run", f"run {row['id']} ({named}) {text}", int(row["id"]))


def _lost(ledger: Ledger, now: float) -> Iterator[Fault]:
    for run in leases.orphans(ledger):
        text = f"run {run.id} ({run.title}) is running, and no runner that works has it"
        yield Fault("lost-run", text, run.id, partial(_requeue, ledger, run, now))


def _leftovers(ledger: Ledger) -> Iterator[Fault]:
    """Rows whose run is not there, and files of runs that are delivered or given up."""
    ids = select(runs.c.id)
    delivered = select(runs.c.id).where(runs.c.state.in_(("passed", "cancelled")))
    for what, table in (("log", logs), ("record", records), ("file", outbox), ("notice", notices)):
        gone = table.c.run_id.not_in(ids)
        yield from _rows(ledger, "orphan-row", f"{what}(s) of runs that are not there", table, gone)
    done = outbox.c.run_id.in_(delivered)
    yield from _rows(ledger, "leftover-file", "file(s) of runs that have ended", outbox, done)


def _rows(
    ledger: Ledger, code: str, what: str, table: Table, condition: ColumnElement[bool]
) -> Iterator[Fault]:
    with ledger.reading() as connection:
        count = connection.execute(select(func.count()).select_from(table).where(condition))
        number = int(count.scalar_one())
    if number:
        yield Fault(code, f"{number} {what}", None, partial(_delete, ledger, table, condition))


def _notices(ledger: Ledger, now: float) -> Iterator[Fault]:
    stuck = (notices.c.state == "due") & (notices.c.due_at < now - STUCK_S)
    given_up = notices.c.state == "given-up"
    with ledger.reading() as connection:
        query = select(notices).where(or_(stuck, given_up)).order_by(notices.c.id)
        found = connection.execute(query).all()
    for row in found:
        mend = partial(_tell_again, ledger, int(row.id), now)
        if row.state == "due":
            text = f"notice {row.id} of run {row.run_id} by {row.notifier} was not sent for a day"
            yield Fault("stuck-notice", text, int(row.run_id), mend)
        else:
            text = f"notice {row.id} of run {row.run_id} by {row.notifier} was given up on"
            yield Fault("unsent-notice", f"{text}: {row.reason}", int(row.run_id), mend)


def _requeue(ledger: Ledger, run: Run, now: float) -> bool:
    reason = "it ran without a runner"
    return queue.requeue(ledger, run, now=now, due_at=now, reason=reason, fault=False) is not None


def _delete(ledger: Ledger, table: Table, condition: ColumnElement[bool]) -> bool:
    with ledger.writing() as connection:
        return bool(connection.execute(delete(table).where(condition)).rowcount)


def _tell_again(ledger: Ledger, notice: int, now: float) -> bool:
    """As if it had never been tried; a runner sends it."""
    with ledger.writing() as connection:
        own = update(notices).where(notices.c.id == notice, notices.c.state != "sent")
        anew = own.values(state="due", tries=0, due_at=now, reason="")
        return bool(connection.execute(anew).rowcount)


def handled(ledger: Ledger, index: str) -> frozenset[str]:
    """The digests of the files on an index that the ledger knows of."""
    with ledger.reading() as connection:
        query = select(runs.c.sha256).where(runs.c.index == index).distinct()
        return frozenset(connection.execute(query).scalars())


def passed(ledger: Ledger, record: str, *, besides: str) -> tuple[Run, ...]:
    """Every run that has passed and left this record, oldest first; not of one handler."""
    left = select(records.c.run_id).where(records.c.name == record)
    query = select(runs).where(runs.c.id.in_(left), runs.c.handler != besides)
    query = query.where(runs.c.state == "passed")
    with ledger.reading() as connection:
        return rows.many(connection, query.order_by(runs.c.id))
