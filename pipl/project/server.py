"""The project's devpi server: initialised, started, watched and stopped."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from filelock import FileLock, Timeout

from pipl import durable, process
from pipl.errors.index import IndexFault
from pipl.errors.server import AlreadyRunning, NotRunning, PortTaken, ServerDied, ServerError
from pipl.index.devpi import DevpiClient
from pipl.progress import SILENT, Progress
from pipl.project import folder as project_folder
from pipl.project import secrets
from pipl.project.folder import Project

CONFIG_NAME = "server_config.yaml"
INIT_NAME = "init_config.yaml"
LOCK_NAME = "server.lock"
START_LOCK_NAME = "start.lock"
PID_NAME = "server.pid"
LOG_NAME = "server.log"
START_TIMEOUT_S = 60.0
# devpi stretches its signing key at each start, for five seconds, in case somebody chose a weak
# one. Ours is 384 random bits (RFC 9106 has nothing to add to those).
_KEY_STRETCHING = {"argon2-memory-cost": "8192", "argon2-parallelism": "1", "argon2-time-cost": "1"}
STOP_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class ServerStatus:
    """Whether the server runs: `pid` of its process, `answers` whether it serves requests."""

    url: str
    pid: int | None
    answers: bool
    log: Path


def initialise(project: Project, environ: Mapping[str, str]) -> None:
    """Make the server's database, with a generated root password and CI's token in the secrets.

    The password reaches devpi as a hash (argon2) in a file, never as an argument.
    Raises CommandFailed.
    """
    password = secrets.generate()
    secrets.write(project.secrets, secrets.ROOT, password)
    secrets.write(project.secrets, secrets.SERVER, secrets.generate() + secrets.generate())
    init_config = project.system / INIT_NAME
    settings = {
        "serverdir": str(project.server),
        "root-passwd-hash": PasswordHasher().hash(password),
        "no-root-pypi": "true",
        "storage": "sqlite",
    }
    durable.write_text(init_config, _yaml(settings), mode=0o600)
    _write_config(project)
    try:
        process.run(
            [sys.executable, "-m", "pipl.project.founding", project.system],
            env=environ,
            timeout_s=120,
        )
    finally:
        init_config.unlink(missing_ok=True)


def free_port(host: str = "localhost") -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError as fault:
            raise ServerDied(f"`host` in .pipl: {host}", str(fault)) from fault
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def status(project: Project) -> ServerStatus:
    """Look at the server's lock and ask the server."""
    pid = _pid(project)
    return ServerStatus(
        project.url, pid, pid is not None and _answers(project), project.system / LOG_NAME
    )


def start_background(
    project: Project,
    environ: Mapping[str, str],
    *,
    port: int | None = None,
    progress: Progress = SILENT,
) -> Project:
    """Start the server and return once it answers; it outlives this process.

    `port` is remembered in the project's mark (0: any free one; None: as the mark says).
    Raises AlreadyRunning, PortTaken, ServerDied.
    """
    with FileLock(project.system / START_LOCK_NAME):  # two at once take turns
        project = _prepare(project, port)
        progress.phase(f"starting the server at {project.url}")
        _start_and_wait(project, environ)
    return project


def _start_and_wait(project: Project, environ: Mapping[str, str]) -> None:
    log = project.system / LOG_NAME
    with log.open("ab") as output:
        server = process.start(
            _command(project), cwd=project.system, env=_variables(environ), log=output
        )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(project):
            if server.poll() is not None:
                raise ServerDied(str(log), _last_line(log))
            if time.monotonic() > deadline:
                raise ServerDied(str(log), f"no answer within {START_TIMEOUT_S:g} s")
            time.sleep(0.05)
    except BaseException:
        process.kill_group(server)
        raise


def run_foreground(project: Project, environ: Mapping[str, str], *, port: int | None) -> int:
    """Replace this process by the server; it ends with Ctrl-C.

    Raises AlreadyRunning, PortTaken.
    """
    project = _prepare(project, port)
    args = [str(arg) for arg in _command(project)]
    if sys.platform == "win32":
        server = process.start(args, cwd=project.system, env=_variables(environ))
        return server.wait()
    os.chdir(project.system)
    os.execve(args[0], args, _variables(environ))  # noqa: S606  # no shell is wanted


def stop(project: Project) -> None:
    """Stop the server and wait until it is gone. Raises NotRunning."""
    pid = _pid(project)
    if pid is None:
        raise NotRunning(str(project.folder))
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _is_held(project):  # its pid is gone some time before it is
        if time.monotonic() > deadline:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            deadline += STOP_TIMEOUT_S
        time.sleep(0.05)


@contextmanager
def running(
    project: Project, environ: Mapping[str, str], *, port: int | None = None
) -> Iterator[Project]:
    """The project with its server up, stopped at the end if it was started here."""
    if status(project).answers:
        yield project
        return
    project = start_background(project, environ, port=port)
    try:
        yield project
    finally:
        stop(project)


def _prepare(project: Project, port: int | None) -> Project:
    pid = _pid(project)
    if pid is not None:
        raise AlreadyRunning(project.url, pid)
    chosen = project.port if port is None else port or free_port(project.host)
    _refuse_taken_port(project.host, chosen)
    if chosen != project.port:
        project = project_folder.with_port(project, chosen)
    _write_config(project)
    return project


def _write_config(project: Project) -> None:
    settings = {
        "serverdir": str(project.server),
        "host": project.host,
        "port": str(project.port),
        "secretfile": str(project.secrets / secrets.SERVER),
        "enable-core-metadata": "true",
        "request-timeout": "30",  # of the mirror; devpi gives up after 5 s
        "role": "primary",  # a replica may be set up at any time
        "restrict-modify": "root",  # else anybody could make users and indexes
        **_KEY_STRETCHING,
        "pipl-project": str(project.folder),
        "storage": "sqlite",
    }
    durable.write_text(project.system / CONFIG_NAME, _yaml(settings))


def _command(project: Project) -> list[str | Path]:
    return [sys.executable, "-m", "pipl.project.serve", project.system]


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The server's variables: to reach its mirror it trusts the certificates that pip and uv do."""
    bundle = environ.get("PIP_CERT") or environ.get("SSL_CERT_FILE")
    trusted = {"REQUESTS_CA_BUNDLE": bundle} if bundle else {}
    return {**trusted, **environ}


def _refuse_taken_port(host: str, port: int) -> None:
    """Raises PortTaken; ServerDied where the host is no address of this machine."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            if fault.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortTaken(port) from None
            raise ServerDied(f"`host` in .pipl: {host}", str(fault)) from fault


def _pid(project: Project) -> int | None:
    """The server's process id, None when nobody holds its lock."""
    if not _is_held(project):
        return None
    for _ in range(40):  # the holder writes it right after taking the lock
        try:
            return int((project.system / PID_NAME).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    return None


def _is_held(project: Project) -> bool:
    """Whether a server's process is there, also one that is about to end."""
    try:
        with FileLock(project.system / LOCK_NAME).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _answers(project: Project) -> bool:
    with DevpiClient(project.url) as client:
        try:
            reply = client.get_json("/+pipl/", timeout_s=5)
        except (ServerError, IndexFault):
            return False  # nobody, or another program
    return isinstance(reply, dict) and reply.get("project") == project.name


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"


def _yaml(settings: Mapping[str, str]) -> str:
    quoted = (
        "  {}: '{}'\n".format(key, value.replace("'", "''")) for key, value in settings.items()
    )
    return "devpi-server:\n" + "".join(quoted)
