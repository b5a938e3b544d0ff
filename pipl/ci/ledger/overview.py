"""What a supervisor sees at a glance: what runs, what waits, what has ended, how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, func, select

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import runs
from pipl.ci.run import PENDING, Run, State

LOOKED_AT = 1000
"""How many of the newest ends a handler's usual duration is taken from, of all handlers."""


@dataclass(frozen=True)
class Filter:
    """Which runs are meant: those that fit everything given. `project` is normalised."""

    states: Sequence[State] = ()
    project: str | None = None
    handler: str | None = None
    index: str | None = None

    def conditions(self, *, by_time: bool = False) -> tuple[ColumnElement[bool], ...]:
        """What a query asks of runs; `by_time` for one that takes the newest of very many."""
        wanted = {
            runs.c.project: self.project,
            runs.c.handler: self.handler,
            runs.c.index: self.index,
        }
        found = [column == value for column, value in wanted.items() if value is not None]
        if self.states:
            state = unindexed(runs.c.state) if by_time else runs.c.state
            found.append(state.in_(self.states))
        return tuple(found)


@dataclass(frozen=True)
class Overview:
    """Now: running runs (oldest first), how many wait and are held, the newest ends.

    `waits_since` is when the longest waiting of those that are due was queued. `usual_s` are
    the median durations by handler.
    """

    running: tuple[Run, ...]
    ended: tuple[Run, ...]
    queued: dict[str, int]
    held: int
    waits_since: float | None
    usual_s: dict[str, float]


def look(ledger: Ledger, wanted: Filter, *, now: float, ended: int = 15) -> Overview:
    """What there is now, in one transaction; cheap also in a ledger of a million runs."""
    conditions = wanted.conditions()
    with ledger.reading() as connection:

        def asked(query: Select[Any], state: State) -> Select[Any]:
            return query.where(runs.c.state == state, *conditions)

        by_handler = asked(select(runs.c.handler, func.count()), "queued").group_by(runs.c.handler)
        due = asked(select(func.min(runs.c.queued_at)), "queued").where(runs.c.due_at <= now)
        newest = (
            select(runs)
            .where(runs.c.ended_at.is_not(None), unindexed(runs.c.state).not_in(PENDING))
            .where(*wanted.conditions(by_time=True))
            .order_by(runs.c.ended_at.desc())
            .limit(ended)
        )
        return Overview(
            running=rows.many(connection, asked(select(runs), "running").order_by(runs.c.id)),
            ended=rows.many(connection, newest),
            queued={str(name): int(count) for name, count in connection.execute(by_handler)},
            held=int(connection.execute(asked(select(func.count()), "held")).scalar_one()),
            waits_since=connection.execute(due).scalar(),
            usual_s=_usual(connection.execute(_durations()).all()),
        )


def runs_of(ledger: Ledger, wanted: Filter, *, limit: int | None = None) -> tuple[Run, ...]:
    """The runs that are meant, newest first."""
    conditions = wanted.conditions(by_time="passed" in wanted.states)
    query = select(runs).where(*conditions).order_by(runs.c.id.desc()).limit(limit)
    with ledger.reading() as connection:
        return rows.many(connection, query)


def usual(ledger: Ledger) -> dict[str, float]:
    """How long each handler takes: the median in seconds of its newest ends."""
    with ledger.reading() as connection:
        return _usual(connection.execute(_durations()).all())


def unindexed(column: Column[Any]) -> ColumnElement[Any]:
    """The same values, without the index: for a state that most of a million runs are in.

    The index would find them all, to be sorted then; the newest are found by their time.
    """
    return func.coalesce(column, "")


def _durations() -> Select[Any]:
    return (
        select(runs.c.handler, runs.c.ended_at - runs.c.started_at)
        .where(runs.c.ended_at.is_not(None), unindexed(runs.c.state).in_(("passed", "failed")))
        .where(runs.c.started_at.is_not(None))
        .order_by(runs.c.ended_at.desc())
        .limit(LOOKED_AT)
    )


def _usual(found: Sequence[Any]) -> dict[str, float]:
    durations: dict[str, list[float]] = {}
    for handler, took in found:
        durations.setdefault(str(handler), []).append(max(float(took), 0.0))
    return {handler: median(listed) for handler, listed in durations.items()}
