"""What people are to be told: written with the end of a run, sent at least once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import notices, runs
from pipl.ci.run import Run, State


@dataclass(frozen=True)
class DueNotice:
    """That `run` has ended as `state` is to be told by `notifier`; `tries` were in vain."""

    id: int
    run: Run
    notifier: str
    state: State
    tries: int


def due(ledger: Ledger, *, now: float, limit: int = 20) -> tuple[DueNotice, ...]:
    """What is to be sent now, oldest first."""
    query = (
        select(notices)
        .where(notices.c.state == "due", notices.c.due_at <= now)
        .order_by(notices.c.id)
        .limit(limit)
    )
    with ledger.reading() as connection:
        found = connection.execute(query).all()
        ids = [row.run_id for row in found]
        told = rows.many(connection, select(runs).where(runs.c.id.in_(ids)))
    by_id = {run.id: run for run in told}
    return tuple(
        DueNotice(row.id, by_id[row.run_id], row.notifier, row.run_state, row.tries)
        for row in found
        if row.run_id in by_id
    )


def take(ledger: Ledger, notice: DueNotice, *, until: float) -> bool:
    """Be the one that sends it; others leave it alone until `until`."""
    own = (notices.c.id == notice.id, notices.c.state == "due", notices.c.tries == notice.tries)
    with ledger.writing() as connection:
        values = {"tries": notice.tries + 1, "due_at": until}
        return bool(connection.execute(update(notices).where(*own).values(**values)).rowcount)


def sent(ledger: Ledger, notice: DueNotice) -> None:
    _settle(ledger, notice, "sent", "")


def give_up(ledger: Ledger, notice: DueNotice, reason: str) -> None:
    _settle(ledger, notice, "given-up", reason)


def postpone(ledger: Ledger, notice: DueNotice, *, due_at: float, reason: str) -> None:
    """Try again at `due_at`."""
    with ledger.writing() as connection:
        own = update(notices).where(notices.c.id == notice.id)
        connection.execute(own.values(due_at=due_at, reason=reason))


def _settle(ledger: Ledger, notice: DueNotice, state: str, reason: str) -> None:
    with ledger.writing() as connection:
        own = update(notices).where(notices.c.id == notice.id)
        connection.execute(own.values(state=state, reason=reason))
