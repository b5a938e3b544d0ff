"""What metrics are made of, besides the statistics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.overview import unindexed
from pipl.ci.ledger.schema import notices, runners, runs


@dataclass(frozen=True)
class End:
    """That an attempt has passed or failed, and how long it took."""

    run: int
    attempt: int
    handler: str
    took_s: float
    ended_at: float


@dataclass(frozen=True)
class RunnerAtWork:
    """A runner that has not ended, how far it has counted, and when it did so last."""

    id: str
    host: str
    pid: int
    beat: int
    seen_at: float


def ends(ledger: Ledger, *, since: float) -> Iterator[End]:
    """What has ended since then, oldest first."""
    query = (
        select(runs.c.id, runs.c.attempt, runs.c.handler, runs.c.started_at, runs.c.ended_at)
        .where(runs.c.ended_at >= since, runs.c.started_at.is_not(None))
        .where(unindexed(runs.c.state).in_(("passed", "failed")))
        .order_by(runs.c.ended_at)
    )
    with ledger.reading() as connection:
        found = connection.execute(query).all()
    for run, attempt, handler, started_at, ended_at in found:
        yield End(run, attempt, handler, max(ended_at - started_at, 0.0), ended_at)


def runners_at_work(ledger: Ledger) -> tuple[RunnerAtWork, ...]:
    """Those that have neither left nor been declared lost."""
    query = select(
        runners.c.id, runners.c.host, runners.c.pid, runners.c.beat, runners.c.seen_at
    ).where(runners.c.state == "working")
    with ledger.reading() as connection:
        return tuple(RunnerAtWork(*row) for row in connection.execute(query.order_by(runners.c.id)))


def notices_by_state(ledger: Ledger) -> dict[str, int]:
    """How many notices there are of each state."""
    query = select(notices.c.state, func.count()).group_by(notices.c.state)
    with ledger.reading() as connection:
        return {str(state): int(count) for state, count in connection.execute(query)}
