"""One GET, against a server that says exactly what it is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from pipl.index import exchange
from pipl.index.exchange import Answer, TooLong, Unanswered


class Saying:
    """Sends its parts, with pauses between, and then ends the connection."""

    def __init__(self) -> None:
        self.parts: Sequence[bytes] = ()
        self.pause_s = 0.0
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self.listener.accept()
                with link, suppress(OSError):
                    self.heard = link.recv(65536)
                    for part in self.parts:
                        link.sendall(part)
                        time.sleep(self.pause_s)

    def ask(self, path: str = "/page", *, timeout_s: float = 5, most: int = 10_000) -> Answer:
        port = self.listener.getsockname()[1]
        headers = {"Accept": "application/json"}
        return exchange.get("127.0.0.1", port, path, headers, timeout_s=timeout_s, most=most)


@pytest.fixture
def server() -> Iterator[Saying]:
    saying = Saying()
    yield saying
    saying.listener.close()


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
        [b"HTTP/1.1 20", b"0 OK\r\ncontent-length: 5\r\n\r\nhe", b"llo"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"],
        [b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello"],
        [b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello"],
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
            b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n[]"
        ],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and nonsense"],
    ],
)
def test_an_answer_is_read_however_it_is_sent(server: Saying, parts: list[bytes]) -> None:
    server.parts, server.pause_s = parts, 0.01
    answer = server.ask()
    assert (answer.status, answer.reason, bytes(answer.content)) == (200, "OK", b"hello")
    port = server.listener.getsockname()[1]
    asked = f"GET /page HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    assert server.heard == f"{asked}Accept: application/json\r\n\r\n".encode()


def test_a_refusal_has_its_status_and_reason(server: Saying) -> None:
    server.parts = [b"HTTP/1.1 403 Not for you\r\nContent-Length: 0\r\n\r\n"]
    answer = server.ask()
    assert (answer.status, answer.reason, bytes(answer.content)) == (403, "Not for you", b"")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"SSH-2.0-OpenSSH_9.2\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-"],
        [b"HTTP/1.1 101 Other\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
    ],
)
def test_what_is_no_answer_or_half_of_one_is_refused(server: Saying, parts: list[bytes]) -> None:
    server.parts = parts
    with pytest.raises(Unanswered):
        server.ask()


@pytest.mark.parametrize("path", ["/a b\r\nX: y", "/caf\u00e9", "/a\x00"])
def test_what_would_be_more_than_a_line_is_not_sent(server: Saying, path: str) -> None:
    with pytest.raises(Unanswered):
        server.ask(path)
    assert server.heard == b""


def test_an_answer_that_goes_on_and_on_is_not_read(server: Saying) -> None:
    server.parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", *[b"x" * 9000] * 9]
    with pytest.raises(TooLong):
        server.ask()
    server.parts = [b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 9000] * 9]
    with pytest.raises(TooLong):
        server.ask()


def test_the_time_is_that_of_the_whole_answer(server: Saying) -> None:
    server.parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 1000]
    server.pause_s = 0.05
    with pytest.raises(TimeoutError):
        server.ask(timeout_s=0.3)
