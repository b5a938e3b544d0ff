"""Looking at runs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import runs as table
from pipl.ci.run import PENDING, Run, State


def run(ledger: Ledger, run_id: int) -> Run:
    """One run. Raises RunNotFound."""
    with ledger.reading() as connection:
        return rows.one(connection, run_id)


def runs(
    ledger: Ledger,
    *,
    states: Sequence[State] = (),
    project: str | None = None,
    version: str | None = None,
    handler: str | None = None,
    index: str | None = None,
    limit: int | None = None,
) -> tuple[Run, ...]:
    """The runs that fit everything given, newest first."""
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    if states:
        query = query.where(table.c.state.in_(states))
    wanted = {
        table.c.project: project,
        table.c.version: version,
        table.c.handler: handler,
        table.c.index: index,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    with ledger.reading() as connection:
        return rows.many(connection, query)


def pending(ledger: Ledger) -> bool:
    """Whether any run is queued or running."""
    query = select(table.c.id).where(table.c.state.in_(PENDING)).limit(1)
    with ledger.reading() as connection:
        return connection.execute(query).first() is not None


def pending_projects(ledger: Ledger) -> dict[str, frozenset[str]]:
    """By handler, the projects that have a run of it queued or running."""
    query = select(table.c.handler, table.c.project).where(table.c.state.in_(PENDING)).distinct()
    found: dict[str, set[str]] = {}
    with ledger.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.handler, set()).add(row.project)
    return {handler: frozenset(projects) for handler, projects in found.items()}
