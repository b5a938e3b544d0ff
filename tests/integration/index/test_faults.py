"""What goes wrong between a client and a server, and what the person then reads."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipl.errors.access import LoginExpired, NotAllowed
from pipl.errors.index import UploadRefused
from pipl.errors.server import ServerDown, ServerSlow, ServerStopped, UnexpectedReply
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile
from pipl.project.server import free_port
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import RunningServer, devpi_server

INDEX = IndexName("root", "PROJ")


@contextmanager
def answering(answer: Callable[[socket.socket, int], object]) -> Iterator[str]:
    """A listener on loopback that hands every connection, with its number, to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                number += 1
                with connection:
                    connection.recv(65_536)
                    answer(connection, number)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def http(body: bytes, *, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}", "http://no-such-host.invalid", "nonsense"]
)
def test_nobody_answers(url: str) -> None:
    url = url.format(port=free_port("127.0.0.1"))
    with DevpiClient(url) as client, pytest.raises(ServerDown) as caught:
        client.users()
    assert caught.value.url == url
    assert "pipl proj start" in caught.value.advice


def test_something_else_answers() -> None:
    with (
        answering(lambda connection, _: connection.sendall(http(b"<html>Hello</html>"))) as url,
        DevpiClient(url) as client,
        pytest.raises(UnexpectedReply, match="not JSON"),
    ):
        client.users()


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b'{"result": 1}',
        b'{"result": {"root": 1}}',
        b'{"result": {"root": {"indexes": []}}}',
        b'{"result": {"root": {"indexes": {"x": 5}}}}',
    ],
)
def test_a_document_of_another_form(document: bytes) -> None:
    with (
        answering(lambda connection, _: connection.sendall(http(document))) as url,
        DevpiClient(url) as client,
        pytest.raises(UnexpectedReply),
    ):
        client.indexes()


@pytest.mark.parametrize(
    "href",
    ["http://elsewhere/other/index/+f/a/b/x.whl", "/root/PROJ/+f/../../../etc/passwd", "", "x\\y"],
)
def test_a_link_that_leads_away(href: str) -> None:
    link = {"rel": "releasefile", "href": href}
    document = json.dumps({"result": {"1.0": {"+links": [link]}}})
    with (
        answering(lambda connection, _: connection.sendall(http(document.encode()))) as url,
        DevpiClient(url) as client,
        pytest.raises(UnexpectedReply, match="a file at"),
    ):
        client.releases(INDEX, "hero-model")


def test_our_token_goes_to_our_server_only(devpi_server: RunningServer, tmp_path: Path) -> None:
    file = ReleaseFile(INDEX, "x", "1.0", "x.whl", "http://elsewhere/x.whl", "")
    with devpi_server.root() as client, pytest.raises(UnexpectedReply):
        client.download(file, tmp_path / "x.whl")


def test_a_server_that_says_nothing() -> None:
    with (
        answering(lambda connection, _: connection.recv(1)) as url,
        DevpiClient(url) as client,
        pytest.raises(ServerSlow) as caught,
    ):
        client.get_json("/+pipl/", timeout_s=0.3)
    assert caught.value.timeout_s == 0.3


def test_reading_is_tried_again_when_the_connection_drops() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        if number > 1:
            connection.sendall(http(b'{"seen": true}'))

    with answering(answer) as url, DevpiClient(url) as client:
        assert client.get_json("/+pipl/", timeout_s=5) == {"seen": True}


def test_changing_is_never_tried_again() -> None:
    asked: list[int] = []
    with (
        answering(lambda _, number: asked.append(number)) as url,
        DevpiClient(url) as client,
        pytest.raises(ServerStopped),
    ):
        client.create_user("bob", password="b0b")
    assert asked == [1]


def test_a_reply_that_breaks_off() -> None:
    with (
        answering(lambda c, _: c.sendall(http(b'{"re', length=1000))) as url,
        DevpiClient(url) as client,
        pytest.raises(ServerStopped),
    ):
        client.users()


def test_more_than_a_reply_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipl.index.connection.MAX_REPLY_BYTES", 1000)
    with (
        answering(lambda c, _: c.sendall(http(b" " * 2000))) as url,
        DevpiClient(url) as client,
        pytest.raises(UnexpectedReply, match="more than 1000 bytes"),
    ):
        client.users()


def test_a_refusal_tells_why(devpi_server: RunningServer) -> None:
    """The server says 403 to both; whose login has expired must not be told to ask for rights."""
    with devpi_server.root() as root:
        root.create_user("carl", password="c4rl")
        root.create_index(IndexConfig(name := IndexName("root", "closed"), "pipl"))
    with devpi_server.client() as client:
        client.log_in("carl", "c4rl")
        with pytest.raises(NotAllowed, match="carl may not do this: deleting the index"):
            client.delete_index(name)
    with (
        DevpiClient(devpi_server.url, devpi_server.expired_login("carl")) as client,
        pytest.raises(LoginExpired, match="login of carl"),
    ):
        client.delete_index(name)


def test_a_mirror_takes_no_upload(devpi_server: RunningServer, tmp_path: Path) -> None:
    name = IndexName("root", "some-mirror")
    with devpi_server.root() as root:
        root.create_index(IndexConfig(name, "mirror", mirror_url="http://127.0.0.1:9/simple/"))
        assert root.projects(name) == ()
        with pytest.raises(UploadRefused, match="mirror"):
            root.upload(name, make_sdist(tmp_path, "hero-model", "1.0"))


class KillsAfter:
    """Progress that kills the server once some bytes have been moved."""

    def __init__(self, server: RunningServer, size_bytes: int) -> None:
        self.server, self.size_bytes = server, size_bytes

    def phase(self, text: str) -> None:
        pass

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        if done >= self.size_bytes:
            self.server.kill()


def test_a_server_that_dies_on_the_way(tmp_path: Path) -> None:
    """In the middle of an upload, then of a download: nothing half-done counts."""
    noise = bytes(value * 7919 % 251 for value in range(1 << 16)) * 512
    path = make_sdist(tmp_path, "hero-model", "1.0", payload=noise, compressed=False)
    with devpi_server(tmp_path / "P") as server:
        root = server.root()
        root.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
        with pytest.raises(ServerStopped) as caught:
            root.upload(INDEX, path, progress=KillsAfter(server, 200_000))
        assert "uploading hero_model-1.0.tar.gz to root/PROJ" in str(caught.value)
        with pytest.raises(ServerDown):
            root.releases(INDEX, "hero-model")

        server.start()
        assert root.projects(INDEX) == ()
        root.upload(INDEX, path)
        (file,) = root.release(INDEX, "hero-model", "1.0").files

        target = tmp_path / "target" / "file"
        target.parent.mkdir()
        with pytest.raises(ServerStopped):
            root.download(file, target, progress=KillsAfter(server, 1))
        assert list(target.parent.iterdir()) == []

        server.start()
        assert root.download(file, target).read_bytes() == path.read_bytes()
        root.close()
