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
from pipl_pipe.testing.asset_remote import AssetRemoteSuite, add
from pipl_pipe.testing.asset_store import make_folder


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

    def test_what_was_pushed_is_there(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        """With two assets that share no file: a file that came with a folder is there, too."""
        (tmp_path / "other.txt").write_bytes(b"in no folder")
        for source in (make_folder(tmp_path / "source"), tmp_path / "other.txt"):
            reference = add(near, source)
            assert not remote.has(reference)
            assert reference.revision not in set(remote.revisions())
            remote.push(reference, near)
            assert remote.has(reference)
            assert reference.revision in set(remote.revisions())
            remote.verify(reference)

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
