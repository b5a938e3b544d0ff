"""Servers that keep objects, on loopback.

S3 by moto (exact, slow) and rclone (fast), Azure by Azurite, Google's XML protocol by rclone
(of Google's emulators none knows that protocol, which is close to S3's), and SFTP.
"""

from __future__ import annotations

import base64
import contextlib
import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_WAIT_S = 120.0
_ROOTS = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd")
KEY, SECRET = "tests-only", "tests-only-too"


class ServerMissing(Exception):
    """The program is not installed here."""


@dataclass(frozen=True)
class ObjectServer:
    """`url` is where it answers; `environ` what a client needs in its environment."""

    url: str
    environ: Mapping[str, str]


@contextlib.contextmanager
def moto_server() -> Iterator[ObjectServer]:
    """S3 with the semantics of the original. Raises ServerMissing."""
    if importlib.util.find_spec("moto") is None:
        raise ServerMissing("moto is not installed")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, port):
        yield ObjectServer(f"http://127.0.0.1:{port}", _S3)


@contextlib.contextmanager
def rclone_server(folder: Path) -> Iterator[ObjectServer]:
    """S3 as fast as a folder: its subfolders are the buckets. Raises ServerMissing."""
    with _rclone(folder, "--auth-key", f"{KEY},{SECRET}") as url:
        yield ObjectServer(url, _S3)


@contextlib.contextmanager
def google_server(folder: Path) -> Iterator[ObjectServer]:
    """Who speaks Google's XML protocol: subfolders are the buckets. Raises ServerMissing.

    It looks at no login, since it knows Amazon's only.
    """
    with _rclone(folder) as url:
        yield ObjectServer(url, {"GOOGLE_BEARER_TOKEN": SECRET})


@contextlib.contextmanager
def azure_server(container: str) -> Iterator[ObjectServer]:
    """Azure's blobs with one container, in memory. Raises ServerMissing."""
    program = shutil.which("azurite-blob")
    if program is None:
        raise ServerMissing("azurite (of npm) is not on the PATH")
    port, account = free_port(), "tests"
    key = base64.b64encode(SECRET.encode()).decode()
    command = [program, "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--silent"]
    url = f"http://127.0.0.1:{port}/{account}"
    with _running(command, port, {"AZURITE_ACCOUNTS": f"{account}:{key}"}):
        making = {"ACCOUNT": account, "KEY": key, "ENDPOINT": url}
        environ = {f"RCLONE_AZUREBLOB_{name}": value for name, value in making.items()}
        make = [rclone(), "mkdir", f":azureblob:{container}", "--quiet"]
        subprocess.run(make, check=True, env={**os.environ, **environ}, stdin=subprocess.DEVNULL)
        keys = {"AZURE_STORAGE_ACCOUNT_NAME": account, "AZURE_STORAGE_ACCOUNT_KEY": key}
        yield ObjectServer(url, keys)


@contextlib.contextmanager
def sftp_server(folder: Path) -> Iterator[ObjectServer]:
    """OpenSSH as the user who runs the tests; `environ` has a HOME that knows host and key.

    `folder` keeps its keys and configuration. Raises ServerMissing.
    """
    program = _sshd()
    home = folder / "home" / ".ssh"
    home.mkdir(parents=True, mode=0o700)
    for key in (folder / "host_key", home / "id_ed25519"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
        subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
    port = free_port()
    allowed = folder / "authorized_keys"
    allowed.write_bytes((home / "id_ed25519.pub").read_bytes())
    host = (folder / "host_key.pub").read_text(encoding="ascii")
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}", encoding="ascii")
    lines = (
        f"HostKey {folder / 'host_key'}",
        f"AuthorizedKeysFile {allowed}",
        f"PidFile {folder / 'pid'}",
        "ListenAddress 127.0.0.1",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "PermitRootLogin prohibit-password",
        "Subsystem sftp internal-sftp",
    )
    (folder / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    command = [program, "-D", "-e", "-f", str(folder / "sshd_config"), "-p", str(port)]
    with _running(command, port):
        url = f"sftp://{getpass.getuser()}@127.0.0.1:{port}"
        yield ObjectServer(url, {"HOME": str(folder / "home")})


def rclone() -> str:
    """Where it is. Raises ServerMissing."""
    program = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{_path()}")
    if program is None:
        raise ServerMissing("rclone is not installed")
    return program


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


_S3: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
}


def _path() -> str:
    return os.environ.get("PATH", os.defpath)


def _sshd() -> str:
    """sshd insists on being started by its whole path."""
    found = next((path for path in _ROOTS if os.access(path, os.X_OK)), None)
    if found is None or shutil.which("ssh-keygen") is None:
        raise ServerMissing("sshd is not installed")
    return found


@contextlib.contextmanager
def _rclone(folder: Path, *options: str) -> Iterator[str]:
    """The URL at which it serves a folder as S3. Raises ServerMissing."""
    port = free_port()
    command = [rclone(), "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", *options]
    with _running([*command, "--vfs-cache-mode", "off"], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(
    command: list[str], port: int, environ: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A server that answers on the port, ended afterwards; its words are in what it raises."""
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environ or {})},
        )
        try:
            give_up = time.monotonic() + _WAIT_S
            while not _answers(port):
                if server.poll() is not None or time.monotonic() > give_up:
                    said.seek(0)
                    raise RuntimeError(f"{command[0]} does not start: {said.read().decode()}")
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1.0)
        return asking.connect_ex(("127.0.0.1", port)) == 0
