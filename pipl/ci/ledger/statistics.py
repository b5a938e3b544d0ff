"""How CI does: how long runs wait and take, how many fail, how many are repeated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.overview import unindexed
from pipl.ci.ledger.schema import runs

OVERALL = ""
"""The name under which all handlers are counted together."""
_STATES = ("passed", "failed", "held", "cancelled")


@dataclass(frozen=True)
class HandlerStatistics:
    """Of the runs of a handler that have ended.

    Times are in seconds, None where there is none: `waited` from queued to started, of first
    attempts; `took` of the last attempt of passed and failed runs. `failure_rate` is the share
    of failed ones among these. `repeats` are attempts beyond the first: what the infrastructure
    had spoiled, and what people asked for again.
    """

    handler: str
    passed: int
    failed: int
    held: int
    cancelled: int
    failure_rate: float | None
    waited_p50_s: float | None
    waited_p95_s: float | None
    took_p50_s: float | None
    took_p95_s: float | None
    repeats: int


@dataclass
class _Sample:
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_STATES, 0))
    waited: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    repeats: int = 0

    def add(self, row: tuple[str, int, float, float | None, float]) -> None:
        state, attempt, queued_at, started_at, ended_at = row
        self.states[state] += 1
        self.repeats += max(attempt - 1, 0)
        if started_at is None:
            return
        if attempt == 1:
            self.waited.append(max(started_at - queued_at, 0.0))
        if state in ("passed", "failed"):
            self.took.append(max(ended_at - started_at, 0.0))

    def statistics(self, handler: str) -> HandlerStatistics:
        judged = self.states["passed"] + self.states["failed"]
        waited, took = sorted(self.waited), sorted(self.took)
        return HandlerStatistics(
            handler,
            **self.states,
            failure_rate=self.states["failed"] / judged if judged else None,
            waited_p50_s=percentile(waited, 0.5),
            waited_p95_s=percentile(waited, 0.95),
            took_p50_s=percentile(took, 0.5),
            took_p95_s=percentile(took, 0.95),
            repeats=self.repeats,
        )


def statistics(ledger: Ledger, *, since: float) -> tuple[HandlerStatistics, ...]:
    """Of what has ended since then: all handlers together (as OVERALL), then each by name."""
    query = select(
        runs.c.handler,
        runs.c.state,
        runs.c.attempt,
        runs.c.queued_at,
        runs.c.started_at,
        runs.c.ended_at,
    ).where(runs.c.ended_at >= since, unindexed(runs.c.state).in_(_STATES))
    overall, samples = _Sample(), dict[str, _Sample]()
    with ledger.reading() as connection:
        for handler, *row in connection.execute(query):
            state, attempt, queued_at, started_at, ended_at = row
            values = (str(state), int(attempt), queued_at, started_at, ended_at)
            overall.add(values)
            samples.setdefault(str(handler), _Sample()).add(values)
    each = (sample.statistics(name) for name, sample in sorted(samples.items()))
    return (overall.statistics(OVERALL), *each)


def counts(ledger: Ledger, *, states: Sequence[str] = ()) -> dict[tuple[str, str], int]:
    """How many runs there are, by state and handler; without `states` it reads all of them."""
    query = select(runs.c.state, runs.c.handler, func.count()).group_by(
        runs.c.state, runs.c.handler
    )
    if states:
        query = query.where(runs.c.state.in_(states))
    with ledger.reading() as connection:
        return {(str(one), str(two)): int(count) for one, two, count in connection.execute(query)}


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value that this share of an ordered sample does not exceed (nearest rank)."""
    if not ordered:
        return None
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]
