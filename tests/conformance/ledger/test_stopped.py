"""A runner that is stopped in the middle of a transaction, and what it keeps from the others."""

from __future__ import annotations

import time

import pytest
import sqlalchemy

from pipl.ci.ledger import database
from pipl.ci.ledger.database import Ledger, parse_url
from pipl.errors.ci import LedgerAway
from pipl.testing.postgresql import PostgresqlServer

LOCK = sqlalchemy.text("LOCK TABLE runs IN EXCLUSIVE MODE")


def test_an_open_transaction_ends_and_its_locks_with_it(
    database_server: PostgresqlServer, numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = parse_url(database_server.create_database(f"stopped{next(numbers)}"))
    monkeypatch.setattr(database, "IDLE_TIMEOUT_S", 1)
    with Ledger.open(url) as stopped, Ledger.open(url) as other:
        with pytest.raises(LedgerAway), stopped.writing() as connection:
            connection.execute(LOCK)
            with other.writing() as waiting:
                waiting.execute(LOCK)
            time.sleep(0.2)
            connection.execute(LOCK)
        with stopped.writing() as connection:  # and it goes on
            connection.execute(LOCK)
