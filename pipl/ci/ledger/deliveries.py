"""Files that runs have made, from the moment that they are whole until they are on an index."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import delete, select

from pipl.ci.ledger import rows
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import claims, outbox
from pipl.ci.run import Run

DELIVER = "deliver"
"""The step of a run whose job is done, and whose files are on the way."""


def put(ledger: Ledger, run: Run, files: Mapping[str, bytes]) -> Run | None:
    """Keep the files of a running run, and go on to delivering them: never make them again.

    Returns None, and changes nothing, where this attempt is not running any more.
    """
    with ledger.writing(durable=True) as connection:
        if not rows.is_current(connection, run):
            return None
        connection.execute(delete(outbox).where(outbox.c.run_id == run.id))
        for name, content in files.items():
            sha256 = hashlib.sha256(content).hexdigest()
            values = {"run_id": run.id, "filename": name, "sha256": sha256, "content": content}
            connection.execute(rows.insert(connection, outbox).values(**values))
        return rows.change(connection, run, step=DELIVER)


def files(ledger: Ledger, run_id: int) -> dict[str, bytes]:
    """What is to be delivered of a run, by file name, in their order."""
    query = select(outbox.c.filename, outbox.c.content).where(outbox.c.run_id == run_id)
    with ledger.reading() as connection:
        rows_ = connection.execute(query.order_by(outbox.c.filename))
        return {str(row.filename): bytes(row.content) for row in rows_}


def claim_name(ledger: Ledger, product: str, task: str) -> str:
    """The task that a product's name belongs to: `task` itself, where nobody came before."""
    with ledger.writing(durable=True) as connection:
        row = rows.insert(connection, claims).values(product=product, task=task)
        connection.execute(row.on_conflict_do_nothing())
        query = select(claims.c.task).where(claims.c.product == product)
        return str(connection.execute(query).scalar_one())
