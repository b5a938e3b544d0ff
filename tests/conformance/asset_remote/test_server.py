"""The project's own server as a remote: a real devpi with pipl's plugin."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipl.testing.servers import RunningServer
from pipl.testing.servers import devpi_server as running_devpi_server
from pipl_pipe.asset import manifest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remote import Remote
from pipl_pipe.asset.remotes.server import ServerRemote
from pipl_pipe.login import Login
from pipl_pipe.testing.asset_remote import AssetRemoteSuite


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of its own: the suite damages what it stores."""
    with running_devpi_server(tmp_path_factory.mktemp("devpi") / "Remote") as server:
        server.project_index()
        yield server


@pytest.fixture(scope="module")
def login(server: RunningServer) -> Login:
    return server.log_in("root", server.root_password)


class TestServerRemote(AssetRemoteSuite):
    @pytest.fixture
    def remote(self, server: RunningServer, login: Login) -> Iterator[Remote]:
        self.assets = server.folder / "system" / "assets"
        shutil.rmtree(self.assets, ignore_errors=True)
        self.assets.mkdir()
        remote = ServerRemote(server.url, lambda: login)
        yield remote
        remote.close()

    @pytest.fixture
    def near(self, tmp_path: Path) -> Objects:
        return Objects(tmp_path / "near", "near", parents=True)

    def damage(self, remote: Remote) -> None:
        for path in self.assets.glob("objects/*/??/*"):
            content = path.read_bytes()
            if content:
                path.chmod(0o644)
                path.write_bytes(bytes([content[0] ^ 1]) + content[1:])

    def lose(self, remote: Remote) -> None:
        for path in self.assets.glob("objects/*/??/*"):
            if manifest.FORMAT.encode() not in path.read_bytes():
                path.unlink()
