"""The project's server as a remote, where the way to it is bad."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipl.testing.servers import RunningServer
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.server import ServerRemote
from pipl_pipe.asset.remotes.server import pulling as server_pull
from pipl_pipe.asset.remotes.server import pushing as server_push
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import (
    AssetDamaged,
    StoreFull,
    StoreLoginNeeded,
    StoreReadOnly,
    StoreUnreachable,
)
from pipl_pipe.login import Login
from pipl_pipe.testing.asset_remote import Count, add, many_files

LARGE_BYTES = server_pull.LARGE_BYTES + 5_000_000


@pytest.fixture(scope="module")
def login(devpi_server: RunningServer) -> Login:
    devpi_server.project_index()
    return devpi_server.log_in("root", devpi_server.root_password)


@pytest.fixture
def near(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "near", "near", parents=True)


@pytest.fixture
def far(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "far", "far", parents=True)


@pytest.fixture
def large(near: Objects, tmp_path: Path) -> Reference:
    """A file that travels in parts."""
    path = tmp_path / "cache.vdb"
    with path.open("wb") as file:
        for _ in range(0, LARGE_BYTES, 1 << 20):
            file.write(os.urandom(1 << 20))
    return add(near, path)


@dataclass
class Line:
    """A line to the server that is cut after so many bytes, so many times."""

    to: tuple[str, int]
    after_bytes: int
    cuts: int
    connections: int = 0
    passed: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, near: socket.socket) -> None:
        self.connections += 1
        with socket.create_connection(self.to) as far, near:
            back = threading.Thread(target=self._pump, args=(far, near, "down"), daemon=True)
            back.start()
            self._pump(near, far, "up")
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        here = 0
        with suppress(OSError):
            while content := source.recv(1 << 16):
                here += len(content)
                with self._lock:
                    self.passed[way] += len(content)
                    cut = here > self.after_bytes and self.cuts > 0
                    self.cuts -= cut
                if cut:
                    break
                sink.sendall(content)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def cut_line(server: RunningServer, *, after_bytes: int, cuts: int) -> Iterator[tuple[str, Line]]:
    line = Line(("127.0.0.1", server.port), after_bytes, cuts)
    with accepting(line.carry) as url:
        yield url, line


@contextmanager
def accepting(serve: Callable[[socket.socket], object]) -> Iterator[str]:
    """A listener on loopback, a thread for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def answering(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives every request one answer; the requests."""
    requests: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while content := connection.recv(1 << 16):
                requests.append(content)
                connection.sendall(reply)

    with accepting(serve) as url:
        yield url, requests


def http(status: str, body: bytes = b"", *lines: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines])
    return head.encode() + b"\r\n\r\n" + body


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once: what is tested is that it is done."""
    monkeypatch.setattr("pipl_pipe.asset.transfer.Traffic._sleep", lambda self, seconds: None)


def test_cut_connections_are_taken_up_again(
    devpi_server: RunningServer, login: Login, near: Objects, far: Objects, large: Reference
) -> None:
    sent, fetched = Count(), Count()
    with cut_line(devpi_server, after_bytes=5_000_000, cuts=3) as (url, line):
        ServerRemote(url, lambda: login).push(large, near, Transfer(4, progress=sent))
        assert line.cuts == 0
        assert line.passed["up"] < LARGE_BYTES + 5 * server_push.PART_BYTES
    with cut_line(devpi_server, after_bytes=5_000_000, cuts=3) as (url, line):
        ServerRemote(url).pull(large, far, Transfer(4, progress=fetched))
        assert line.cuts == 0
        assert line.passed["down"] < LARGE_BYTES + 5 * server_pull.PART_BYTES
    FolderStore(far.root).verify(large)
    for count in (sent, fetched):
        assert count.advanced == count.expected == large.size
        assert count.advanced_objects == count.expected_objects


def test_cut_packs_are_taken_up_again(
    devpi_server: RunningServer, login: Login, near: Objects, far: Objects, tmp_path: Path
) -> None:
    reference = add(near, many_files(tmp_path / "source", 400, 5000))
    fetched = Count()
    with cut_line(devpi_server, after_bytes=500_000, cuts=2) as (url, line):
        ServerRemote(url, lambda: login).push(reference, near)
        assert line.cuts == 0
    with cut_line(devpi_server, after_bytes=500_000, cuts=2) as (url, line):
        ServerRemote(url).pull(reference, far, Transfer(progress=fetched))
        assert line.cuts == 0
        assert line.passed["down"] < 400 * 5000 * 2
    FolderStore(far.root).verify(reference)
    assert fetched.advanced == fetched.expected
    assert fetched.advanced_objects == fetched.expected_objects


def test_a_line_that_is_always_cut_is_an_error(
    devpi_server: RunningServer, login: Login, near: Objects, far: Objects, large: Reference
) -> None:
    ServerRemote(devpi_server.url, lambda: login).push(large, near)
    with (
        cut_line(devpi_server, after_bytes=1_000_000, cuts=10_000) as (url, _),
        pytest.raises(StoreUnreachable, match=r"cut|reset"),
    ):
        ServerRemote(url).pull(large, far)
    assert list(far.digests()) == []


CHILD = """
import sys
from pathlib import Path
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.server import ServerRemote
from pipl_pipe.login import Login

way, url, root, token, revision, shape, size = sys.argv[1:]
reference = Reference("cache", "File", "cache.vdb", shape, revision, int(size))
remote = ServerRemote(url, lambda: Login(url, "root", token, 9e9))
getattr(remote, way)(reference, Objects(Path(root), "near", parents=True), Transfer(4))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("shape", ["file", "folder"])
@pytest.mark.parametrize("way", ["push", "pull"])
def test_killed_and_run_again(
    devpi_server: RunningServer,
    login: Login,
    near: Objects,
    far: Objects,
    tmp_path: Path,
    way: str,
    shape: str,
) -> None:
    if shape == "file":
        path = tmp_path / "cache.vdb"
        path.write_bytes(os.urandom(1 << 20) * (LARGE_BYTES >> 20) + os.urandom(20))
        reference = add(near, path)
    else:
        reference = add(near, many_files(tmp_path / "source", 2000, 30_000))
    if way == "pull":
        ServerRemote(devpi_server.url, lambda: login).push(reference, near)
    root = near.root if way == "push" else far.root
    killed = 0
    with cut_line(devpi_server, after_bytes=0, cuts=0) as (url, line):
        command = [sys.executable, "-c", CHILD, way, url, str(root), login.token]
        command += [reference.revision, shape, str(reference.size)]
        for number in range(1, 6):
            line.passed = {"up": 0, "down": 0}
            child = subprocess.Popen(command, stderr=subprocess.PIPE)
            deadline = time.monotonic() + 60
            while (
                child.poll() is None
                and max(line.passed.values()) < reference.size * number / 8
                and time.monotonic() < deadline
            ):
                time.sleep(0.002)
            killed += child.poll() is None
            child.send_signal(signal.SIGKILL)
            _, said = child.communicate()
            assert child.returncode in (0, -signal.SIGKILL), said.decode()
            if way == "pull":
                assert not far.has(reference.digest) or child.returncode == 0
        line.passed = {"up": 0, "down": 0}
        subprocess.run(command, check=True, timeout=60)
        assert max(line.passed.values()) < reference.size * 0.9
    assert killed
    if way == "push":
        ServerRemote(devpi_server.url).verify(reference)
        assert ServerRemote(devpi_server.url).has(reference)
    else:
        FolderStore(far.root).verify(reference)


def test_two_send_the_same_at_once(
    devpi_server: RunningServer, login: Login, tmp_path: Path, near: Objects, large: Reference
) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(ServerRemote(devpi_server.url, lambda: login).push, large, near)
            for _ in range(2)
        ]
        for one in both:
            one.result()
    ServerRemote(devpi_server.url).verify(large)
    left = devpi_server.folder / "system" / "assets" / "tmp" / "partial"
    assert list(left.glob(f"*{large.digest.hex}*/*")) == []


def test_connections_are_used_again(
    devpi_server: RunningServer, login: Login, near: Objects, far: Objects, tmp_path: Path
) -> None:
    source = many_files(tmp_path / "source", 200, 10_000)
    many_files(source / "large", 20, 5_000_000)
    reference = add(near, source)
    with cut_line(devpi_server, after_bytes=0, cuts=0) as (url, line):
        remote = ServerRemote(url, lambda: login)
        remote.push(reference, near, Transfer(3))
        remote.pull(reference, far, Transfer(3))
        remote.verify(reference, Transfer(3))
        remote.close()
    assert line.connections <= 3


def test_without_a_login_nothing_is_stored(
    devpi_server: RunningServer, login: Login, near: Objects, tmp_path: Path
) -> None:
    reference = add(near, many_files(tmp_path / "source", 3))
    with pytest.raises(StoreLoginNeeded) as caught:
        ServerRemote(devpi_server.url).push(reference, near)
    assert "pipl login" in caught.value.advice
    bad = Login(devpi_server.url, "root", "s3cret-but-wrong", 9e9)
    with pytest.raises(StoreLoginNeeded) as caught:
        ServerRemote(devpi_server.url, lambda: bad).push(reference, near)
    assert bad.token not in f"{caught.value} {caught.value!r}"
    ServerRemote(devpi_server.url, lambda: login).push(reference, near)
    ServerRemote(devpi_server.url).push(reference, near)  # all of it is there: nothing to store


def test_a_new_login_is_taken_up(
    devpi_server: RunningServer, login: Login, near: Objects, tmp_path: Path
) -> None:
    logins = iter([None, login])
    remote = ServerRemote(devpi_server.url, lambda: next(logins))
    reference = add(near, many_files(tmp_path / "source", 3))
    with pytest.raises(StoreLoginNeeded):
        remote.push(reference, near)
    remote.push(reference, near)


LOGIN = Login("http://h", "bob", "s3cret-token", 9e9)
REFERENCE = Reference("model", "File", "model.usd", "file", f"sha256:{'0' * 64}", 3)


def test_a_redirect_is_not_followed(far: Objects) -> None:
    with (
        answering(http("200 OK")) as (other, others),
        answering(http("302 Found", b"", f"Location: {other}/x")) as (url, _),
        pytest.raises(StoreUnreachable, match="address has changed"),
    ):
        ServerRemote(url, lambda: LOGIN).pull(REFERENCE, far)
    assert others == []


def test_the_login_goes_to_its_server_with_each_request(far: Objects) -> None:
    with answering(http("404 Not Found")) as (url, requests), pytest.raises(StoreUnreachable):
        ServerRemote(url, lambda: LOGIN).verify(REFERENCE)
    heads = [request for request in requests if request.startswith(b"POST ")]
    assert heads
    assert all(b"X-Devpi-Auth: " in head for head in heads)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (http("500 Oops"), StoreUnreachable),
        (http("503 Busy", b'{"message": "come back later"}'), StoreUnreachable),
        (http("429 Slow down"), StoreUnreachable),
        (http("401 Who", b"{}"), StoreLoginNeeded),
        (http("403 No", b'{"message": 5}'), StoreLoginNeeded),
        (http("200 OK", b"<html>"), (StoreUnreachable, AssetDamaged)),
        (http("200 OK", b"[]"), (StoreUnreachable, AssetDamaged)),
        (http("200 OK", b'{"lacking": 5}'), (StoreUnreachable, AssetDamaged)),
        (http("200 OK", b'{"lacking": ["../../etc"]}'), (StoreUnreachable, AssetDamaged)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut", StoreUnreachable),
        (b"nonsense\r\n\r\n", StoreUnreachable),
        (b"", StoreUnreachable),
    ],
)
def test_answers_that_are_none(
    near: Objects,
    far: Objects,
    tmp_path: Path,
    reply: bytes,
    fault: type[Exception],
) -> None:
    reference = add(near, many_files(tmp_path / "source", 3))
    with answering(reply) as (url, _):
        remote = ServerRemote(url, lambda: LOGIN, timeout_s=0.2)
        for call in (
            lambda: remote.pull(reference, far),
            lambda: remote.push(reference, near),
            lambda: remote.verify(reference),
        ):
            with pytest.raises(fault) as caught:
                call()
            assert LOGIN.token not in f"{caught.value} {caught.value!r}"
    assert list(far.digests()) == []


@pytest.mark.parametrize(
    ("status", "fault"),
    [("507 Full", StoreFull), ("404 Not Found", StoreReadOnly), ("405 No", StoreReadOnly)],
)
def test_servers_that_cannot_store(
    near: Objects, tmp_path: Path, status: str, fault: type[Exception]
) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    reference = add(near, tmp_path / "file")

    def serve(connection: socket.socket) -> None:
        lacking = f'{{"lacking": ["{reference.revision}"]}}'.encode()
        with connection, suppress(OSError):
            while content := connection.recv(1 << 16):
                if content.endswith(b"}"):
                    connection.sendall(http("200 OK", lacking))
                elif content.endswith(b"abc"):
                    connection.sendall(http(status))

    with accepting(serve) as url, pytest.raises(fault):
        ServerRemote(url, lambda: LOGIN).push(reference, near, Transfer(1))


def test_nobody_answers(far: Objects) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(StoreUnreachable, match=str(port)):
        ServerRemote(f"http://127.0.0.1:{port}").pull(REFERENCE, far)
