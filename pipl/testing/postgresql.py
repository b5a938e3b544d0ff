"""A real PostgreSQL server on loopback, from the system's binaries, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipl.project.server import free_port

HOST = "127.0.0.1"
USER = "pipl"
_START_TIMEOUT_S = 60.0
_ROOTS = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"), Path("/opt/homebrew/opt"))
_UNPRIVILEGED = "nobody"  # PostgreSQL does not run as root


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest one; None where there is none."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = [path.parent for root in _ROOTS for path in root.glob("*/bin/initdb")]
    return max(found, default=None, key=lambda folder: folder.parent.name.rjust(8))


@dataclass
class PostgresqlServer:
    """A server whose data lies in `folder`; it may be killed and started again."""

    folder: Path
    port: int = field(default_factory=lambda: free_port(HOST))
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@{HOST}:{self.port}/{database}"

    def initialise(self) -> None:
        self.folder.mkdir(parents=True)
        _give_away(self.folder)
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-N")

    def start(self) -> None:
        """Return once it answers."""
        options = ("-p", str(self.port), "-h", HOST, "-k", "")
        self.process = subprocess.Popen(
            [self._program("postgres"), "-D", str(self._data), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
            user=_user(),
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a power cut would: no process of it lives on, nothing was flushed on the way."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            # A killed postmaster leaves its shared memory and lock file; it finds them stale.

    def create_database(self, name: str) -> str:
        """Returns the URL of a new, empty database."""
        self._run("createdb", "-h", HOST, "-p", str(self.port), "-U", USER, name)
        return self.url(name)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _answers(self) -> bool:
        command = [self._program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def _program(self, name: str) -> str:
        folder = binaries()
        if folder is None:
            raise RuntimeError("PostgreSQL is not installed")
        return str(folder / name)

    def _run(self, name: str, *args: str) -> None:
        done = subprocess.run(
            [self._program(name), *args],
            check=False,
            capture_output=True,
            cwd=self.folder,
            user=_user(),
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode("utf-8", errors="replace"))


@contextmanager
def postgresql_server(folder: Path) -> Iterator[PostgresqlServer]:
    """A running server in a new folder, gone with everything at the end."""
    server = PostgresqlServer(folder)
    server.initialise()
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> int | None:
    """Who the server runs as, None for whoever runs this."""
    if sys.platform == "win32" or os.getuid() != 0:
        return None
    return pwd.getpwnam(_UNPRIVILEGED).pw_uid


def _give_away(folder: Path) -> None:
    user = _user()
    if user is not None:
        os.chown(folder, user, -1)
