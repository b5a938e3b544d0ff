"""What integration and conformance tests share. Unit tests use none of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipl.testing.servers import RunningServer
from pipl.testing.servers import devpi_server as running_devpi_server


@pytest.fixture(scope="session")
def devpi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server for the whole session. Make users and indexes of your own; never stop it."""
    with running_devpi_server(tmp_path_factory.mktemp("devpi") / "Shared") as server:
        yield server
