"""Which flows were in force, and since when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import flows


@dataclass(frozen=True)
class KnownFlow:
    """A flow by its version: its canonical JSON, where it came from, since when it is in force."""

    version: str
    text: str
    origin: str
    since: float


def keep(ledger: Ledger, version: str, text: str, *, origin: str, now: float) -> None:
    """This flow is in force from `now` on; where it is already, nothing changes."""
    with ledger.writing() as connection:
        newest = select(flows.c.version).order_by(flows.c.since.desc()).limit(1)
        if connection.execute(newest).scalar() == version:
            return
        values = {"text": text, "origin": origin, "since": now}
        row = rows.insert(connection, flows).values(version=version, **values)
        added = row.on_conflict_do_nothing().returning(flows.c.version)
        if connection.execute(added).first() is None:
            again = update(flows).where(flows.c.version == version)
            connection.execute(again.values(origin=origin, since=now))


def newest(ledger: Ledger) -> KnownFlow | None:
    """The flow in force, None where no runner has begun yet."""
    query = select(flows).order_by(flows.c.since.desc()).limit(1)
    with ledger.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else KnownFlow(row.version, row.text, row.origin, row.since)
