"""The event feed on a real replica of a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipl.ci import feed
from pipl.errors.server import ServerBusy
from pipl.index import tokens
from pipl.index.client import AUTHENTICATED, IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import RunningServer, devpi_server, replica_of

INDEX = IndexName("root", "testing")


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with devpi_server(tmp_path_factory.mktemp("primary") / "P") as server:
        with server.root() as root:
            root.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
        yield server


@pytest.fixture(scope="module")
def replica(
    primary: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    with replica_of(primary, tmp_path_factory.mktemp("replica") / "R") as server:
        deadline = time.monotonic() + 60
        with server.client() as client:
            while feed_id(client) is None:
                assert time.monotonic() < deadline, "it never met its primary"
                time.sleep(0.05)
        yield server


@pytest.fixture
def root(primary: RunningServer) -> Iterator[DevpiClient]:
    with primary.root() as client:
        yield client


@pytest.fixture
def beside(replica: RunningServer) -> Iterator[DevpiClient]:
    """A client of the replica."""
    with replica.client() as client:
        yield client


def feed_id(client: DevpiClient) -> str | None:
    about: Any = client.get_json("/+pipl/", timeout_s=30)
    return about["feed"]  # type: ignore[no-any-return]


def end(client: DevpiClient) -> int:
    page = feed.read(client, -1, wait_s=0)
    while (more := feed.read(client, page.serial, wait_s=0)).serial > page.serial:
        page = more
    return page.serial


def test_both_name_the_same_feed(root: DevpiClient, beside: DevpiClient) -> None:
    assert feed_id(root) == feed_id(beside) is not None
    of_page: Any = beside.get_json("/+pipl/events?since=-1", timeout_s=30)
    assert of_page["feed"] == feed_id(root)


def test_who_waits_at_the_replica_is_told_and_can_fetch_there(
    root: DevpiClient, beside: DevpiClient, tmp_path: Path
) -> None:
    since = end(root)
    path = make_sdist(tmp_path, "hero-model", "1.0")
    threading.Timer(0.5, root.upload, (INDEX, path)).start()
    page = feed.read(beside, since, wait_s=30)
    assert [event.filename for event in page.events] == [path.name]
    (file,) = beside.release(INDEX, "hero-model", "1.0").files
    assert file.url.startswith(beside.url)
    arrived = beside.download(file, tmp_path / "arrived")
    assert arrived.read_bytes() == path.read_bytes()


def test_a_reader_may_go_to_and_fro(root: DevpiClient, beside: DevpiClient, tmp_path: Path) -> None:
    serial, heard = end(root), []
    for number in range(6):
        root.upload(INDEX, make_sdist(tmp_path, "switching", f"1.{number}"))
        page = feed.read((root, beside)[number % 2], serial, wait_s=30)
        serial = page.serial
        heard += [event.version for event in page.events]
    assert heard == [f"1.{number}" for number in range(6)]
    assert end(beside) == end(root)


def test_a_serial_that_even_the_primary_has_not_is_of_another_log(beside: DevpiClient) -> None:
    assert feed.read(beside, 10**6, wait_s=0) == feed.Page(feed.BEFORE_ALL, ())


def test_logins_count_there_too(
    primary: RunningServer, root: DevpiClient, replica: RunningServer, tmp_path: Path
) -> None:
    closed = IndexName("root", "closed")
    root.create_user("ann", password="a password")
    root.create_index(IndexConfig(closed, "pipl", acl_upload=("root",)))
    root.modify_index(closed, {"acl_pkg_read": "ann"})
    secret = tokens.create(
        root.connection, "ann", rights=("pkg_read",), expires_at=time.time() + 3600
    )
    since = end(root)
    root.upload(closed, make_sdist(tmp_path, "secret-model", "1.0"))
    ann = primary.log_in("ann", "a password")
    there = Login(replica.url, ann.user, ann.token, ann.expires_at)
    by_token = Login(replica.url, "ann", secret, 0)
    for login in (there, by_token):
        with DevpiClient(replica.url, login) as client:
            page = feed.read(client, since, wait_s=30)
            assert [event.project for event in page.events] == ["secret-model"]
    with replica.client() as nobody:
        assert feed.read(nobody, since, wait_s=0).events == ()


def test_a_replica_that_is_alone_says_that_it_cannot_tell(tmp_path: Path) -> None:
    """Ahead of a replica whose primary is gone, a reader is not sent back to the beginning."""
    with (
        devpi_server(tmp_path / "P") as primary,
        replica_of(primary, tmp_path / "R") as replica,
        replica.client() as client,
        primary.root() as root,
    ):
        root.create_index(IndexConfig(INDEX, "pipl", acl_upload=(AUTHENTICATED,)))
        since = end(root)
        assert feed.read(client, since - 1, wait_s=30).serial >= since
        primary.kill()
        assert end(client) == since
        with pytest.raises(ServerBusy):
            client.get_json(f"/+pipl/events?since={since + 1}", timeout_s=60)
