"""Real devpi servers on loopback, in folders of their own."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import argon2
import itsdangerous

from pipl import process
from pipl.errors.server import ServerDied, ServerDown
from pipl.index.client import MIRROR_TYPE, IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.project import cut_short
from pipl.project.server import free_port

START_TIMEOUT_S = 60.0
MIRROR = IndexName("root", "pypi")
PROJECT_INDEX = IndexName("root", "PROJ")
HOST = "127.0.0.1"

# The server's secret is random, so stretching it buys nothing and costs seconds per start.
_TIME_COST, _MEMORY_COST_KIB, _PARALLELISM = 1, 1024, 1
_CHEAP_KEYS = (
    f"--argon2-time-cost={_TIME_COST}",
    f"--argon2-memory-cost={_MEMORY_COST_KIB}",
    f"--argon2-parallelism={_PARALLELISM}",
)
LOGIN_LIFETIME_S = 10 * 60 * 60  # devpi's own


class RunningServer:
    """A devpi server with pipl's plugin; `folder` is its project folder.

    It is stopped and started at the same place and address, its data kept. `environ` is its
    environment (None: ours); `options` are more of devpi-server's.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        *,
        options: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.environ = environ
        self.options = tuple(options)
        self.role: tuple[str, ...] = ("--role=primary",)
        self.root_password = secrets.token_urlsafe(12)
        self.port = free_port(HOST)
        self.url = f"http://{HOST}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def secret_file(self) -> Path:
        """What the server signs its login tokens with."""
        return self.folder / "system" / "secrets" / "server"

    @property
    def log(self) -> Path:
        return self.folder / "system" / "server.log"

    def initialise(self) -> None:
        """Make the folder and the server's database."""
        server = self.folder / "system" / "server"
        server.mkdir(parents=True)
        self.secret_file.parent.mkdir(mode=0o700)
        self.secret_file.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        self.secret_file.chmod(0o600)
        self._init(["--serverdir", server, f"--root-passwd={self.root_password}"])

    def initialise_replica(self, primary: RunningServer) -> None:
        """Make the folder of a replica of another server, with its secret; for `start`."""
        server = self.folder / "system" / "server"
        server.mkdir(parents=True)
        self.secret_file.parent.mkdir(mode=0o700)
        self.secret_file.write_bytes(primary.secret_file.read_bytes())
        self.secret_file.chmod(0o600)
        self.role = ("--role=replica", f"--primary-url={primary.url}")
        self._init(["--serverdir", server, *self.role])

    def _init(self, options: Sequence[str | Path]) -> None:
        program = "import sys; from devpi_server.init import init; sys.exit(init())"
        command: list[str | Path] = [sys.executable, "-c", program, "--no-root-pypi", *options]
        process.run(command, env=self.environ, timeout_s=START_TIMEOUT_S)

    def start(self) -> None:
        """Return once the server answers. Raises ServerDied."""
        cut_short.undo(self.folder / "system" / "server")
        command: list[str | Path] = [sys.executable, "-m", "devpi_server", *_CHEAP_KEYS]
        command += ["--serverdir", self.folder / "system" / "server", "--enable-core-metadata"]
        command += ["--secretfile", self.secret_file, "--pipl-project", self.folder]
        command += ["--host", HOST, "--port", str(self.port), *self.role, *self.options]
        with self.log.open("ab") as output:
            self._process = process.start(command, env=self.environ, log=output)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerDied(str(self.log), process.tail(self.log.read_text("utf-8"), 2000))
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server as its owner would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(START_TIMEOUT_S)
            self._process = None

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        if self._process is not None:
            process.kill_group(self._process)
            self._process = None

    def client(self) -> DevpiClient:
        """A client that is nobody."""
        return DevpiClient(self.url)

    def root(self) -> DevpiClient:
        """A client that is root."""
        client = self.client()
        client.log_in("root", self.root_password)
        return client

    def log_in(self, user: str, password: str) -> Login:
        """A login as `pipl login` keeps it."""
        with self.client() as client:
            return client.log_in(user, password)

    def project_index(self) -> IndexName:
        """The project's default index, made where it is missing: it says who may read assets."""
        with self.root() as root:
            if PROJECT_INDEX not in [config.name for config in root.indexes()]:
                root.create_index(IndexConfig(PROJECT_INDEX, "pipl", acl_upload=("root",)))
        return PROJECT_INDEX

    def expired_login(self, user: str) -> Login:
        """A login that this server gave out, too long ago."""
        key = argon2.low_level.hash_secret_raw(
            self.secret_file.read_bytes(),
            b"devpi-server-auth",
            time_cost=_TIME_COST,
            memory_cost=_MEMORY_COST_KIB,
            parallelism=_PARALLELISM,
            hash_len=16,
            type=argon2.low_level.Type.ID,
        )
        token = itsdangerous.TimedSerializer(key, signer=_LongAgo).dumps([user, [], True])
        return Login(self.url, user, str(token), expires_at=time.time() - 1)

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                client.get_json("/+pipl/", timeout_s=5)
            except ServerDown:
                return False
        return True


class _LongAgo(itsdangerous.TimestampSigner):
    """Signs as if a login's lifetime had passed since."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() - LOGIN_LIFETIME_S - 1


@contextmanager
def devpi_server(
    folder: Path,
    *,
    mirror_url: str | None = None,
    environ: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[RunningServer]:
    """A server in `folder` (made here) for as long as the context lasts.

    With `mirror_url`, its index `root/pypi` mirrors that simple index.
    """
    server = RunningServer(folder, environ, options=options)
    server.initialise()
    server.start()
    try:
        if mirror_url is not None:
            with server.root() as root:
                root.create_index(IndexConfig(MIRROR, MIRROR_TYPE, mirror_url=mirror_url))
        yield server
    finally:
        server.kill()


@contextmanager
def replica_of(primary: RunningServer, folder: Path) -> Iterator[RunningServer]:
    """A replica of a running server, in `folder` (made here)."""
    replica = RunningServer(folder, primary.environ)
    replica.initialise_replica(primary)
    replica.start()
    try:
        yield replica
    finally:
        replica.kill()
