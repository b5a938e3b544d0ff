"""What people do to runs: retry, cancel, hold, release."""

from __future__ import annotations

from collections.abc import Collection

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.ending import successor
from pipl.ci.run import PENDING, RETRYABLE, Run, State
from pipl.errors.ci import WrongRunState

QUEUED: tuple[State, ...] = ("queued",)
HELD: tuple[State, ...] = ("held",)
_FRESH = {"step": "job", "faults": 0, "runner": None}


def retry(ledger: Ledger, run_id: int, *, now: float, flow: str | None = None) -> Run:
    """Queue a run again that has ended without passing.

    Under another flow than the run's own (`flow` is the version in force), one that has passed
    may be run again too, and the old run stays as it was: what is queued is a new one.
    Raises RunNotFound, WrongRunState.
    """
    with ledger.writing(durable=True) as connection:
        run = rows.one(connection, run_id, lock=True)
        reason = f"retried after: {run.reason}" if run.reason else "retried"
        if flow is None or flow == run.flow or not run.flow:
            _require(run, RETRYABLE, "retried")
            anew = {"queued_at": now, "due_at": now, "reason": reason, **_FRESH}
            return rows.change(connection, run, state="queued", **anew)
        _require(run, (*RETRYABLE, "passed"), "retried")
        new = successor(run, run.handler, flow)
        if not rows.add_anew(connection, new, now):
            raise WrongRunState(run_id, "followed by a run of the flow in force", "retried")
        return rows.newest(connection, new)


def cancel(ledger: Ledger, run_id: int, *, now: float, reason: str) -> Run:
    """End a run that has not ended; its job, if any, is stopped by its runner.

    Raises RunNotFound, WrongRunState.
    """
    return _settle(ledger, run_id, (*PENDING, *HELD), "cancelled", now=now, reason=reason)


def hold(ledger: Ledger, run_id: int, *, now: float, reason: str) -> Run:
    """Keep a queued run from starting until it is released. Raises RunNotFound, WrongRunState."""
    return _settle(ledger, run_id, QUEUED, "held", now=now, reason=reason)


def release(ledger: Ledger, run_id: int, *, now: float) -> Run:
    """Queue a held run again. Raises RunNotFound, WrongRunState."""
    with ledger.writing(durable=True) as connection:
        run = rows.one(connection, run_id, lock=True)
        _require(run, HELD, "released")
        anew = {"queued_at": now, "due_at": now, "reason": "released", **_FRESH}
        return rows.change(connection, run, state="queued", **anew)


def _settle(
    ledger: Ledger,
    run_id: int,
    allowed: Collection[State],
    state: State,
    *,
    now: float,
    reason: str,
) -> Run:
    with ledger.writing(durable=True) as connection:
        run = rows.one(connection, run_id, lock=True)
        _require(run, allowed, state)
        ended = {"ended_at": now, "runner": None, "rerun": False, "reason": reason}
        return rows.change(connection, run, state=state, **ended)


def _require(run: Run, states: Collection[State], wanted: str) -> None:
    if run.state not in states:
        raise WrongRunState(run.id, run.state, wanted)
