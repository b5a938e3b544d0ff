"""Forgetting what ended long ago, but never that it was.

A run's row stays: it is what keeps a release that is uploaded again from running twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, or_, select

from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import logs, notices, records, runners, runs

FINISHED = ("passed", "failed", "cancelled")
"""What may be forgotten; held runs wait for people, queued and running ones are at work."""
BATCH = 500
"""How many runs one transaction takes, so that runners wait for none of them for long."""


@dataclass(frozen=True)
class Pruned:
    """What was, or would be, forgotten; `runs` are the ids, `size_bytes` as it is kept."""

    runs: tuple[int, ...]
    logs: int
    records: int
    notices: int
    runners: int
    size_bytes: int


def prune(
    ledger: Ledger,
    *,
    before: float,
    dry_run: bool = False,
    forgotten: Callable[[Sequence[int]], None] = lambda ids: None,
) -> Pruned:
    """Forget logs and records of runs that ended before `before`, and notices and runners.

    `forgotten` is told the ids of each batch, once it is gone. With `dry_run` nothing changes.
    """
    ids = _old(ledger, before)
    parts = sizes = kept = 0
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with ledger.reading() if dry_run else ledger.writing() as connection:
            still = batch if dry_run else _still_old(connection, batch, before)
            of_logs = select(func.count(), func.sum(func.length(logs.c.content)))
            of_records = select(func.count(), func.sum(func.length(records.c.content)))
            for query, table in ((of_logs, logs), (of_records, records)):
                count, size = connection.execute(query.where(table.c.run_id.in_(still))).one()
                parts, kept = (parts + count, kept) if table is logs else (parts, kept + count)
                sizes += int(size or 0)
                if not dry_run:
                    connection.execute(delete(table).where(table.c.run_id.in_(still)))
        if not dry_run:
            forgotten(still)
    told, workers = _others(ledger, before, dry_run=dry_run)
    return Pruned(tuple(ids), parts, kept, told, workers, sizes)


def _old(ledger: Ledger, before: float) -> list[int]:
    """The runs of which anything is kept besides the row."""
    own = (runs.c.ended_at < before, runs.c.state.in_(FINISHED))
    has_log = select(logs.c.run_id).where(logs.c.run_id == runs.c.id).exists()
    has_record = select(records.c.run_id).where(records.c.run_id == runs.c.id).exists()
    query = select(runs.c.id).where(*own, or_(has_log, has_record)).order_by(runs.c.id)
    with ledger.reading() as connection:
        return list(connection.execute(query).scalars())


def _still_old(connection: Connection, ids: Sequence[int], before: float) -> list[int]:
    """Those that nobody has queued again meanwhile."""
    query = select(runs.c.id).where(
        runs.c.id.in_(ids), runs.c.ended_at < before, runs.c.state.in_(FINISHED)
    )
    return list(connection.execute(query.with_for_update()).scalars())


def _others(ledger: Ledger, before: float, *, dry_run: bool) -> tuple[int, int]:
    """Notices that were sent or given up on, and runners that are no more."""
    told = (notices.c.state != "due", notices.c.made_at < before)
    gone = (runners.c.state != "working", runners.c.seen_at < before)
    if dry_run:
        with ledger.reading() as connection:
            return (
                int(connection.execute(select(func.count(notices.c.id)).where(*told)).scalar_one()),
                int(connection.execute(select(func.count(runners.c.id)).where(*gone)).scalar_one()),
            )
    with ledger.writing() as connection:
        return (
            connection.execute(delete(notices).where(*told)).rowcount,
            connection.execute(delete(runners).where(*gone)).rowcount,
        )
