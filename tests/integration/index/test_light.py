"""The client for a question, against a server that answers as it is told."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipl.errors.access import LoginNeeded, NotAllowed
from pipl.errors.server import ServerDown, ServerSlow, UnexpectedReply
from pipl.index import light
from pipl.index.light import LightClient
from pipl.index.login import Login
from pipl.index.name import IndexName

INDEX = IndexName("root", "PROJ")
PAGE = b'{"feed": "one", "serial": 3, "full": true, "sources": [], "packls": [], "gone": []}'


@dataclass
class Answering:
    """`status` and `content` of the next answers, which wait for `pause`; `heard` are headers."""

    url: str = ""
    status: int = 200
    content: bytes = b"{}"
    pause: threading.Event | None = None
    heard: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Answering]:
    told = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.heard.append(dict(self.headers.items()))
            if told.pause is not None:
                told.pause.wait(10)
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        told.url = f"http://127.0.0.1:{running.server_address[1]}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield told
        running.shutdown()


def test_it_asks_as_the_login(server: Answering) -> None:
    client = LightClient(f"{server.url}/", Login(server.url, "bob", "secret", 0.0))
    assert client.get_json("/+pipl/", timeout_s=5) == {}
    said = base64.b64decode(server.heard[0]["X-Devpi-Auth"]).decode()
    assert (client.url, said) == (server.url, "bob:secret")


def test_nobody_sends_no_login(server: Answering) -> None:
    LightClient(server.url, None).get_json("/+pipl/", timeout_s=5)
    assert "X-Devpi-Auth" not in server.heard[0]


@pytest.mark.parametrize(
    ("status", "content", "has_login", "fault"),
    [
        (401, b"", False, LoginNeeded),
        (403, b"", False, NotAllowed),
        (401, b"", True, NotAllowed),
        (404, b"", False, UnexpectedReply),
        (200, b"<html>", False, UnexpectedReply),
    ],
)
def test_what_is_no_answer(
    server: Answering, status: int, content: bytes, has_login: bool, fault: type[Exception]
) -> None:
    server.status, server.content = status, content
    login = Login(server.url, "bob", "secret", 0.0) if has_login else None
    with pytest.raises(fault):
        LightClient(server.url, login).get_json("/+pipl/", timeout_s=5)


def test_an_answer_without_end_is_not_read_whole(
    server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light, "MAX_REPLY_BYTES", 10)
    server.content = b'{"a": "0123456789"}'
    with pytest.raises(UnexpectedReply):
        LightClient(server.url, None).get_json("/+pipl/", timeout_s=5)


def test_a_server_that_does_not_answer(server: Answering) -> None:
    server.pause = threading.Event()
    with pytest.raises(ServerSlow):
        LightClient(server.url, None).get_json("/+pipl/", timeout_s=0.2)
    server.pause.set()
    with pytest.raises(ServerDown):
        LightClient("http://127.0.0.1:9", None).get_json("/+pipl/", timeout_s=5)


def test_requirements(server: Answering) -> None:
    server.content = PAGE
    found = LightClient(server.url, None).requirements(INDEX)
    assert (found.feed, found.serial, dict(found.packls)) == ("one", 3, {})
    server.content = b"[]"
    with pytest.raises(UnexpectedReply):
        LightClient(server.url, None).requirements(INDEX)


@pytest.mark.parametrize(
    ("url", "environ", "is_enough"),
    [
        ("http://127.0.0.1:3141", {"http_proxy": "http://proxy:1"}, True),
        ("http://pipeline:3141", {}, True),
        ("http://pipeline:3141", {"ALL_PROXY": "http://proxy:1"}, False),
        ("https://pipeline", {}, False),
        ("http://b\u00fccher.studio:3141", {}, False),
    ],
)
def test_where_it_will_do(url: str, environ: dict[str, str], is_enough: bool) -> None:
    assert light.is_enough(url, environ) is is_enough
