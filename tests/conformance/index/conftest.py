"""The implementations of `IndexClient`: in memory, and a real devpi server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pipl.index.client import IndexClient, IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.memory import MemoryIndex, MemoryServer
from pipl.index.name import IndexName
from pipl.testing.servers import RunningServer

PASSWORD = "b0b-and-more"
_NUMBERS = itertools.count(1)


@dataclass
class Server:
    """A server under test: root's client, further clients, names that nobody else uses."""

    real: RunningServer | MemoryServer
    root: IndexClient
    opened: list[DevpiClient] = field(default_factory=list)

    def connect(self, user: str | None = None) -> IndexClient:
        """A client that is nobody, or a user who is made for it."""
        client: IndexClient
        if isinstance(self.real, MemoryServer):
            client = MemoryIndex(self.real)
        else:
            client = self._kept(self.real.client())
        if user is not None:
            self.root.create_user(user, password=PASSWORD)
            client.log_in(user, PASSWORD)
        return client

    def expired(self, user: str) -> IndexClient:
        """A client whose login was given out too long ago."""
        self.root.create_user(user, password=PASSWORD)
        if isinstance(self.real, RunningServer):
            return self._kept(DevpiClient(self.real.url, self.real.expired_login(user)))
        client = MemoryIndex(self.real)
        client.log_in(user, PASSWORD)
        self.real.now += self.real.login_lifetime_s
        self.root.log_in("root", "root")
        return client

    def _kept(self, client: DevpiClient) -> DevpiClient:
        self.opened.append(client)
        return client

    def user_name(self) -> str:
        return f"person{next(_NUMBERS)}"

    def index_name(self, user: str = "root") -> IndexName:
        return IndexName(user, f"conformance{next(_NUMBERS)}")

    def index(self, **settings: Any) -> IndexName:
        """An index that root may upload to, if the settings say nothing else."""
        config = IndexConfig(self.index_name(), "pipl", acl_upload=("root",))
        self.root.create_index(replace(config, **settings))
        return config.name


@pytest.fixture(params=["memory", "devpi"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "memory":
        memory = MemoryServer()
        root = MemoryIndex(memory)
        root.log_in("root", "root")
        yield Server(memory, root)
        return
    real: RunningServer = request.getfixturevalue("devpi_server")
    with real.root() as client:
        server = Server(real, client)
        yield server
        for opened in server.opened:
            opened.close()
