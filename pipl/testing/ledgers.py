"""Putting into a ledger what tests need to find there."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from sqlalchemy import insert

from pipl.ci.ledger import leases
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import records


def put_records(ledger: Ledger, run_id: int, named: Mapping[str, bytes]) -> None:
    """Records of a run that need not be running, nor be there at all."""
    rows = [
        {"run_id": run_id, "name": name, "content": zlib.compress(content)}
        for name, content in named.items()
    ]
    with ledger.writing() as connection:
        connection.execute(insert(records), rows)


def entered(ledger: Ledger, *, host: str = "here", pid: int = 1, now: float = 1.0) -> str:
    """A runner that works on the ledger: its name."""
    runner = leases.new_id()
    leases.enter(ledger, runner, host=host, pid=pid, now=now)
    return runner
