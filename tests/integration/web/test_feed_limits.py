"""Readers of the feed that ask too often, or are too many, on a real server."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipl.ci import feed
from pipl.errors.server import ServerBusy
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import RunningServer, devpi_server

INDEX = IndexName("root", "testing")
BURST = 10
THREADS = 6
WAITING, WAITING_EACH = 4, 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One with few threads and a low rate, for a burst of ten questions."""
    options = (f"--threads={THREADS}", "--pipl-feed-rate=1", f"--pipl-feed-readers={WAITING}")
    with devpi_server(tmp_path_factory.mktemp("limits") / "P", options=options) as server:
        with server.root() as root:
            root.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
        yield server


def ask(server: RunningServer, query: str, login: Login | None) -> tuple[int, str | None]:
    """Status, and when to ask again."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=90)
    try:
        headers = dict([login.header]) if login else {}
        connection.request("GET", f"/+pipl/events?{query}", headers=headers)
        reply = connection.getresponse()
        reply.read()
        return reply.status, reply.getheader("Retry-After")
    finally:
        connection.close()


def user(server: RunningServer, name: str) -> Login:
    with server.root() as root:
        root.create_user(name, password="a password")
    return server.log_in(name, "a password")


def test_who_asks_too_often_is_told_when_to_ask_again(server: RunningServer) -> None:
    often, other = user(server, "often"), user(server, "other")
    replies = [ask(server, "since=-1&limit=1", often) for _ in range(3 * BURST)]
    assert replies[:BURST] == [(200, None)] * BURST
    assert (429, "1") in replies, replies
    assert {status for status, _ in replies} == {200, 429}
    assert ask(server, "since=-1", other) == (200, None)


def test_our_reader_waits_as_told(server: RunningServer) -> None:
    login = user(server, "patient")
    with DevpiClient(server.url, login) as client:
        pages = [feed.read(client, -1, wait_s=0) for _ in range(BURST + 3)]
    assert {page.serial for page in pages} == {pages[0].serial}


def test_the_answer_is_a_designed_error(server: RunningServer) -> None:
    login = user(server, "hasty")
    with DevpiClient(server.url, login) as client, pytest.raises(ServerBusy) as caught:
        for _ in range(3 * BURST):
            client.get_json("/+pipl/events", timeout_s=30)
    assert caught.value.retry_after_s == 1


def test_readers_that_wait_leave_threads_to_uploads(server: RunningServer, tmp_path: Path) -> None:
    readers = [user(server, f"reader{number}") for number in range(5)]
    with server.root() as root:
        since = feed.read(root, -1, wait_s=0).serial
        answers: list[tuple[int, str | None]] = []
        threads = [
            threading.Thread(
                target=lambda login=login: answers.append(  # type: ignore[misc]
                    ask(server, f"since={since}&wait=60", login)
                )
            )
            for login in readers
            for _ in range(WAITING_EACH + 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            if len(answers) < len(threads) - WAITING:
                thread.join(0.5)
        refused = list(answers)
        root.upload(INDEX, make_sdist(tmp_path, "hero-model", "1.0"))
        for thread in threads:
            thread.join(30)
    assert len(refused) == len(threads) - WAITING
    assert {status for status, _ in refused} <= {429, 503}
    assert all(retry == "2" for _, retry in refused)
    assert [status for status, _ in answers if status == 200] == [200] * WAITING
    assert len(answers) == len(threads)
