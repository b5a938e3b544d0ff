"""What waits: runs are queued from the feed, claimed by a runner, and queued again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy import delete, select, update

from pipl.ci.ledger import ending, leases, rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.ending import Wanted
from pipl.ci.ledger.schema import facts, runs
from pipl.ci.run import NewRun, Run

_MARK = "mark"
LOOKED_AT = 200
"""How many waiting runs are looked at for one that fits."""
_CLAIMED = (
    "state",
    "attempt",
    "started_at",
    "ended_at",
    "host",
    "runner",
    "code",
    "reason",
    "hint",
)
PATIENCE_S = 3600.0
"""No run is made to wait for longer: one due later was queued before the clock was set back."""


def cursor(ledger: Ledger) -> int:
    """The last serial of the feed whose runs the ledger holds."""
    with ledger.reading() as connection:
        query = select(facts.c.value).where(facts.c.name == "cursor")
        return int(connection.execute(query).scalar_one())


def position(ledger: Ledger) -> tuple[int, int]:
    """The cursor, and which change of the server's that serial is (0 where it is not known).

    One statement: another runner may move both between two.
    """
    query = select(facts.c.name, facts.c.value).where(facts.c.name.in_(("cursor", _MARK)))
    with ledger.reading() as connection:
        found = {str(row.name): int(row.value) for row in connection.execute(query)}
    return found["cursor"], found.get(_MARK, 0)


def ingest(
    ledger: Ledger,
    new: Iterable[NewRun],
    *,
    since: int,
    serial: int,
    now: float,
    again: Iterable[NewRun] = (),
    mark: int = 0,
) -> int:
    """Queue runs, and move the cursor from `since` to `serial` of that `mark`.

    Returns how many were queued.
    What a run is asked for `again` for may have changed: it is queued whatever became of it
    before, and once more after its end where it is running. Nothing happens where another
    runner has moved the cursor meanwhile.
    """
    with ledger.writing() as connection:
        moved = connection.execute(
            update(facts)
            .where(facts.c.name == "cursor", facts.c.value == since)
            .values(value=serial)
        )
        if not moved.rowcount:
            return 0
        connection.execute(delete(facts).where(facts.c.name == _MARK))
        connection.execute(rows.insert(connection, facts).values(name=_MARK, value=mark))
        added = sum(rows.add(connection, one, now) for one in new)
        for one in again:
            known = (runs.c.sha256 == one.sha256, runs.c.index == str(one.index))
            query = select(runs).where(*known, runs.c.handler == one.handler).with_for_update()
            found = rows.many(connection, query.order_by(runs.c.id.desc()).limit(1))
            if not found:
                added += rows.add(connection, one, now)
            elif found[0].state == "running":
                rows.change(connection, found[0], rerun=True)
            elif found[0].state != "queued":
                fresh = {"queued_at": now, "due_at": now, "faults": 0, "flow": one.flow}
                rows.change(connection, found[0], state="queued", step="job", **fresh)
                added += 1
    return added


def claim(
    ledger: Ledger,
    *,
    now: float,
    host: str,
    runner: str | None = None,
    fits: Callable[[Run], bool] = lambda run: True,
) -> Run | None:
    """Take the longest waiting run that is due and `fits`, None where there is none.

    It is running afterwards, on its next attempt. Of runs that wait for delivery only, the
    step is kept. A runner that was declared lost gets none.
    """
    late = (runs.c.due_at <= now) | (runs.c.due_at > now + PATIENCE_S)
    query = select(runs).where(runs.c.state == "queued", late).order_by(runs.c.id).limit(LOOKED_AT)
    with ledger.reading() as connection:
        waiting = rows.many(connection, query)
    for before in filter(fits, waiting):
        claimed = replace(
            before,
            state="running",
            attempt=before.attempt + 1,
            started_at=now,
            ended_at=None,
            host=host,
            runner=runner,
            code="",
            reason="",
            hint="",
        )
        values = {name: getattr(claimed, name) for name in _CLAIMED}
        # Stopped since it was read, this runner may find the run queued anew after an attempt.
        seen = (runs.c.attempt == before.attempt, runs.c.step == before.step)
        still = (runs.c.id == before.id, runs.c.state == "queued", *seen)
        with ledger.writing() as connection:
            if runner is not None and not leases.hold(connection, runner):
                return None
            taken = connection.execute(update(runs).where(*still).values(**values))
            if taken.rowcount:  # else another runner was quicker
                return claimed
    return None


def requeue(
    ledger: Ledger, run: Run, *, now: float, due_at: float, reason: str, fault: bool
) -> Run | None:
    """Queue a running run again, whose attempt came to nothing; counted where `fault`.

    Returns None, and changes nothing, where this attempt is not running any more.
    """
    with ledger.writing() as connection:
        if not rows.is_current(connection, run):
            return None
        return rows.change(
            connection,
            run,
            state="queued",
            due_at=due_at,
            ended_at=now,
            faults=run.faults + fault,
            runner=None,
            reason=reason,
        )


def adopt(
    ledger: Ledger,
    version: str,
    *,
    wants: Callable[[Run], bool],
    asked: Callable[[Run], Wanted | None],
    now: float,
) -> int:
    """Put what waits under the flow `version`; what that flow does not want is cancelled.

    What the flow asks of a release instead (`asked`) is queued. Returns how many were
    cancelled. Runs that are running end under the flow they began with.
    """
    cancelled = 0
    query = select(runs).where(runs.c.state == "queued", runs.c.flow != version)
    with ledger.writing() as connection:
        for run in rows.many(connection, query.order_by(runs.c.id).with_for_update()):
            if wants(run):
                rows.change(connection, run, flow=version)
                continue
            reason = f"the flow runs no {run.handler} on {run.index} any more"
            rows.change(connection, run, state="cancelled", ended_at=now, reason=reason)
            cancelled += 1
            instead = asked(run)
            if instead is not None:
                ending.lock_release(connection, run)
                ending.follow_up(connection, run, instead, now)
    return cancelled
