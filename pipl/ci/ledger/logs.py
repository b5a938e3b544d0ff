"""What the attempts of runs wrote, in parts, so that a log can be read while it grows."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import logs


@dataclass(frozen=True)
class LogPart:
    """A piece of what attempt `attempt` wrote; pieces are counted from 0 as `part`."""

    attempt: int
    part: int
    content: bytes


def append(ledger: Ledger, run_id: int, attempt: int, content: bytes) -> None:
    """Add to the log of an attempt. One runner alone does so at a time."""
    own = (logs.c.run_id == run_id, logs.c.attempt == attempt)
    with ledger.writing() as connection:
        last = connection.execute(select(func.max(logs.c.part)).where(*own)).scalar()
        connection.execute(
            rows.insert(connection, logs).values(
                run_id=run_id,
                attempt=attempt,
                part=0 if last is None else last + 1,
                size=len(content),
                content=zlib.compress(content),
            )
        )


def read(
    ledger: Ledger, run_id: int, *, after: LogPart | None = None, attempt: int | None = None
) -> Iterator[LogPart]:
    """The parts of a run's log in order; those behind `after`, those of one attempt.

    Each part is a transaction of its own, so that a long log is never in memory as a whole.
    """
    where = (0, -1) if after is None else (after.attempt, after.part)
    while True:
        query = (
            select(logs.c.attempt, logs.c.part, logs.c.content)
            .where(logs.c.run_id == run_id, tuple_(logs.c.attempt, logs.c.part) > tuple_(*where))
            .order_by(logs.c.attempt, logs.c.part)
            .limit(1)
        )
        if attempt is not None:
            query = query.where(logs.c.attempt == attempt)
        with ledger.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return
        where = (row.attempt, row.part)
        yield LogPart(row.attempt, row.part, zlib.decompress(row.content))
