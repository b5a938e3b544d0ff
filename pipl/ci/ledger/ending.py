"""How a run ends, with all that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, delete, select

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import notices, outbox, runs
from pipl.ci.run import NewRun, Outcome, Run, State


@dataclass(frozen=True)
class Wanted:
    """What the flow `flow` asks of a release on an index: `handlers`, then `promote` if any.

    `promote` is the name that promotions have in the ledger.
    """

    flow: str
    handlers: tuple[str, ...] = ()
    promote: str | None = None


def finish(
    ledger: Ledger,
    run: Run,
    outcome: Outcome,
    *,
    now: float,
    wanted: Wanted | None = None,
    notify: Sequence[str] = (),
) -> Run | None:
    """Record how a running run ended, and queue what follows once its whole release has passed.

    A release has passed when every wheel of it that the ledger knows has passed all that is
    `wanted`; what of it was never queued is queued now, also where the flow has dropped the
    handler of this run. `notify` names the notifiers that tell people. Returns None, and
    changes nothing, where this attempt is not running any more.
    """
    with ledger.writing() as connection:
        if wanted is not None:
            lock_release(connection, run)
        if not rows.is_current(connection, run):
            return None
        current = rows.one(connection, run.id)
        state: State = "queued" if current.rerun else outcome.state
        ended = rows.change(
            connection,
            current,
            state=state,
            step="job",
            rerun=False,
            ended_at=now,
            due_at=now,
            runner=None,
            faults=0,
            code=outcome.code,
            reason=outcome.reason,
            hint=outcome.hint,
        )
        connection.execute(delete(outbox).where(outbox.c.run_id == run.id))
        if outcome.state in ("passed", "cancelled") and wanted is not None:
            follow_up(connection, ended, wanted, now)
        for notifier in notify:
            _tell(connection, ended, outcome, notifier, now)
        return ended


def lock_release(connection: Connection, run: Run) -> None:
    """Of two runners that end two runs of one release at once, the second sees the first's end."""
    ids = select(runs.c.id).where(*_of_release(run)).order_by(runs.c.id).with_for_update()
    connection.execute(ids).all()


def follow_up(connection: Connection, run: Run, wanted: Wanted, now: float) -> None:
    """Queue what the flow asks for and the release has not had yet; when it had all: promote."""
    query = select(runs).where(*_of_release(run)).order_by(runs.c.id)
    by_file: dict[str, dict[str, Run]] = {}
    for one in rows.many(connection, query):
        by_file.setdefault(one.sha256, {})[one.handler] = one  # the newest, where it ran anew
    complete = True
    for ran in by_file.values():
        file = next(iter(ran.values()))
        for handler in wanted.handlers:
            if handler not in ran:
                rows.add(connection, successor(file, handler, wanted.flow), now)
            complete = complete and handler in ran and ran[handler].state == "passed"
    if complete and wanted.promote is not None and run.handler != wanted.promote:
        rows.add(connection, successor(run, wanted.promote, wanted.flow), now)


def _of_release(run: Run) -> tuple[ColumnElement[bool], ...]:
    return (
        runs.c.project == run.project,
        runs.c.version == run.version,
        runs.c.index == str(run.index),
    )


def _tell(connection: Connection, run: Run, outcome: Outcome, notifier: str, now: float) -> None:
    told = {"run_id": run.id, "notifier": notifier, "run_state": outcome.state}
    row = rows.insert(connection, notices).values(**told, state="due", made_at=now, due_at=now)
    connection.execute(row)


def successor(run: NewRun, handler: str, flow: str) -> NewRun:
    """Another handler's run over the file of a run."""
    fields = {name: getattr(run, name) for name in NewRun.__dataclass_fields__}
    return replace(NewRun(**fields), handler=handler, flow=flow)
