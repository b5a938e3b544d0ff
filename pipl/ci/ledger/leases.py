"""Who works on the ledger's runs, and taking over from those who died.

A working runner counts its beat up. Who sees it stand still for long enough, by a clock of
their own that never jumps, may declare the runner lost; no two machines' clocks are compared.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import uuid4

from sqlalchemy import Connection, select, update

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import runners, runs
from pipl.ci.run import Run


def new_id() -> str:
    """A name for a runner that nobody else has."""
    return str(uuid4())


def enter(ledger: Ledger, *, host: str, pid: int, now: float, runner: str = "") -> str:
    """Register a runner, by a new name where none is given; returns its id."""
    runner = runner or new_id()
    values = {"host": host, "pid": pid, "beat": 0, "started_at": now, "seen_at": now}
    with ledger.writing() as connection:
        connection.execute(
            rows.insert(connection, runners).values(id=runner, state="working", **values)
        )
    return runner


def beat(ledger: Ledger, runner: str, *, now: float) -> bool:
    """Count up; False where the runner has been declared lost, and its runs are others' now."""
    own = (runners.c.id == runner, runners.c.state == "working")
    with ledger.writing() as connection:
        counted = connection.execute(
            update(runners).where(*own).values(beat=runners.c.beat + 1, seen_at=now)
        )
        return bool(counted.rowcount)


def leave(ledger: Ledger, runner: str, *, now: float) -> None:
    """A runner has ended in good order: none of its runs is running any more."""
    own = (runners.c.id == runner, runners.c.state == "working")
    with ledger.writing() as connection:
        connection.execute(update(runners).where(*own).values(state="ended", seen_at=now))


def hold(connection: Connection, runner: str) -> bool:
    """Whether a runner works; until this transaction ends, nobody declares it lost."""
    own = select(runners.c.id).where(runners.c.id == runner, runners.c.state == "working")
    return connection.execute(own.with_for_update(read=True)).first() is not None


def beats(ledger: Ledger) -> dict[str, int]:
    """How far each working runner has counted."""
    query = select(runners.c.id, runners.c.beat).where(runners.c.state == "working")
    with ledger.reading() as connection:
        return {str(row.id): int(row.beat) for row in connection.execute(query)}


def take_over(ledger: Ledger, lost: str, *, now: float) -> tuple[Run, ...]:
    """Declare a runner lost; its running runs are queued again, and returned."""
    with ledger.writing() as connection:
        gone = connection.execute(
            update(runners)
            .where(runners.c.id == lost, runners.c.state == "working")
            .values(state="lost")
        )
        if not gone.rowcount:
            return ()
        query = select(runs).where(runs.c.state == "running", runs.c.runner == lost)
        return tuple(
            rows.change(
                connection,
                run,
                state="queued",
                due_at=now,
                ended_at=now,
                runner=None,
                faults=run.faults + 1,
                reason=f"its runner on {run.host} was lost",
            )
            for run in rows.many(connection, query.with_for_update())
        )


def running(ledger: Ledger, *, runner: str | None = None) -> tuple[Run, ...]:
    """The running runs, oldest first; of one runner where it is given."""
    query = select(runs).where(runs.c.state == "running").order_by(runs.c.id)
    if runner is not None:
        query = query.where(runs.c.runner == runner)
    with ledger.reading() as connection:
        return rows.many(connection, query)


def orphans(ledger: Ledger) -> tuple[Run, ...]:
    """Running runs that no working runner has, such as those of a ledger of an older version."""
    working = select(runners.c.id).where(runners.c.state == "working")
    known = runs.c.runner.in_(working)
    query = select(runs).where(runs.c.state == "running", runs.c.runner.is_(None) | ~known)
    with ledger.reading() as connection:
        return rows.many(connection, query.order_by(runs.c.id))


def still_running(ledger: Ledger, ours: Collection[Run]) -> frozenset[int]:
    """The ids of those attempts that are running still: nobody has cancelled them, or more."""
    query = select(runs.c.id, runs.c.attempt).where(
        runs.c.id.in_([run.id for run in ours]), runs.c.state == "running"
    )
    with ledger.reading() as connection:
        found = {(int(row.id), int(row.attempt)) for row in connection.execute(query)}
    return frozenset(run.id for run in ours if (run.id, run.attempt) in found)
