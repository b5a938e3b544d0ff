"""The ledger in each of its databases."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from pipl.ci.ledger.database import Ledger, parse_url
from pipl.testing import postgresql
from pipl.testing.postgresql import PostgresqlServer, postgresql_server

Place = Path | URL


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresqlServer]:
    if postgresql.binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    # pytest's own folders are for their owner alone, and the server is somebody else.
    with tempfile.TemporaryDirectory(prefix="pipl-pg-") as folder:
        Path(folder).chmod(0o755)
        with postgresql_server(Path(folder) / "server") as server:
            yield server


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, numbers: Iterator[int]) -> Place:
    """Where a new ledger can be made."""
    if request.param == "sqlite":
        return tmp_path / "ledger.sqlite3"
    server: PostgresqlServer = request.getfixturevalue("database_server")
    return parse_url(server.create_database(f"ledger{next(numbers)}"))


@pytest.fixture
def open_ledger(place: Place) -> Iterator[Callable[[], Ledger]]:
    """Opens the same ledger each time, as another process would."""
    opened: list[Ledger] = []

    def open_() -> Ledger:
        opened.append(Ledger.open(place))
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Callable[[], Ledger]) -> Ledger:
    return open_ledger()
