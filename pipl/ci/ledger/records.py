"""What is kept of a run beside its log: its lock, what it published, where it all came from."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from sqlalchemy import delete, select

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import records
from pipl.ci.run import Run


def keep(ledger: Ledger, run_id: int, named: Mapping[str, bytes], *, of: Run | None = None) -> bool:
    """Keep texts of a run under their names, in place of earlier ones.

    Returns False, and changes nothing, where the attempt `of` is not running any more.
    """
    with ledger.writing() as connection:
        if of is not None and not rows.is_current(connection, of):
            return False
        for name, content in named.items():
            own = (records.c.run_id == run_id, records.c.name == name)
            connection.execute(delete(records).where(*own))
            values = {"run_id": run_id, "name": name, "content": zlib.compress(content)}
            connection.execute(rows.insert(connection, records).values(**values))
    return True


def record(ledger: Ledger, run_id: int, name: str) -> bytes | None:
    """What is kept of a run under a name."""
    query = select(records.c.content).where(records.c.run_id == run_id, records.c.name == name)
    with ledger.reading() as connection:
        content = connection.execute(query).scalar()
    return None if content is None else zlib.decompress(content)


def names(ledger: Ledger, run_id: int) -> tuple[str, ...]:
    """Under which names something is kept of a run."""
    query = select(records.c.name).where(records.c.run_id == run_id).order_by(records.c.name)
    with ledger.reading() as connection:
        return tuple(connection.execute(query).scalars())
