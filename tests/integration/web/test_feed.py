"""The event feed of a real server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipl.ci import feed
from pipl.ci.event import ReleaseEvent
from pipl.errors.server import UnexpectedReply
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import RunningServer, devpi_server

MakeIndex = Callable[..., IndexName]


def page(
    client: DevpiClient, since: int, *, wait: float = 0, limit: int = 1000
) -> tuple[int, list[ReleaseEvent]]:
    path = f"/+pipl/events?since={since}&wait={wait}&limit={limit}"
    document: Any = client.get_json(path, timeout_s=wait + 30)
    return document["serial"], [ReleaseEvent.from_json(event) for event in document["events"]]


def now(client: DevpiClient) -> int:
    serial, last = page(client, -1)[0], -2
    while serial != last:
        last, serial = serial, page(client, serial)[0]
    return serial


def told(events: list[ReleaseEvent]) -> list[tuple[str, str]]:
    return [(event.index, event.filename) for event in events]


def test_uploads_and_pushes_in_their_order(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    stage, target, since = make_index(), make_index(), now(root)
    for version in ("1.0", "1.1"):
        root.upload(stage, make_sdist(tmp_path, "hero-model", version))
    root.push(root.release(stage, "hero-model", "1.0"), target)
    _, events = page(root, since)
    assert told(events) == [
        (str(stage), "hero_model-1.0.tar.gz"),
        (str(stage), "hero_model-1.1.tar.gz"),
        (str(target), "hero_model-1.0.tar.gz"),
    ]
    assert events[0].sha256 == root.release(target, "hero-model", "1.0").files[0].sha256


def test_nothing_else_is_an_event(root: DevpiClient, make_index: MakeIndex, tmp_path: Path) -> None:
    index = make_index(acl_toxresult_upload=("root",))
    root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    since = now(root)
    root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    (file,) = root.release(index, "hero-model", "1.0").files
    root.upload_test_result(file, {"reportversion": "1"})
    root.modify_index(index, {"title": "Changed"})
    root.create_user("dora", password="d0ra")
    serial, events = page(root, since)
    assert events == []
    assert serial > since


def test_a_page_is_bounded_and_the_next_goes_on(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index, since = make_index(), now(root)
    for number in range(4):
        root.upload(index, make_sdist(tmp_path, "hero-model", f"1.{number}"))
    pages, serial = [], since
    for _ in range(4):
        serial, events = page(root, serial, limit=1)
        pages.append([event.version for event in events])
    assert pages == [["1.0"], ["1.1"], ["1.2"], ["1.3"]]
    assert serial == since + 4


def test_waiting_ends_at_the_first_event(
    root: DevpiClient, make_index: MakeIndex, devpi_server: RunningServer, tmp_path: Path
) -> None:
    index, since = make_index(), now(root)
    path = make_sdist(tmp_path, "hero-model", "1.0")

    def publish() -> None:
        with devpi_server.root() as other:
            other.create_user("emil", password="em1l")  # a change, but none that matters
            time.sleep(0.3)
            other.upload(index, path)

    thread = threading.Thread(target=publish)
    began = time.monotonic()
    thread.start()
    _, events = page(root, since, wait=30)
    took = time.monotonic() - began
    thread.join()
    assert told(events) == [(str(index), path.name)]
    assert 0.3 <= took < 10


def test_waiting_ends_in_time(root: DevpiClient) -> None:
    since, began = now(root), time.monotonic()
    assert page(root, since, wait=0.5) == (since, [])
    assert 0.4 <= time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("since=x", 400),
        ("since=-2", 400),
        ("wait=nan", 400),
        ("limit=0", 400),
        ("since=99999", 409),
    ],
)
def test_bad_questions(root: DevpiClient, query: str, status: int) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        root.get_json(f"/+pipl/events?{query}", timeout_s=10)
    assert caught.value.status == status
    assert ("must be" in caught.value.reason) or ("ends before" in caught.value.reason)


def test_a_restart_misses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """Stopped or killed, the log goes on where it was."""
    index = IndexName("root", "PROJ")
    with devpi_server(tmp_path / "P") as server, server.root() as root:
        root.create_index(IndexConfig(index, "pipl", acl_upload=("root",)))
        root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        serial, events = page(root, -1)
        assert [event.version for event in events] == ["1.0"]

        root.upload(index, make_sdist(tmp_path, "hero-model", "1.1"))
        server.stop()
        server.start()
        root.upload(index, make_sdist(tmp_path, "hero-model", "1.2"))
        server.kill()
        server.start()
        serial, events = page(root, serial)
        assert [event.version for event in events] == ["1.1", "1.2"]
        assert page(root, serial) == (serial, [])
        _, everything = page(root, -1)
        assert [event.version for event in everything] == ["1.0", "1.1", "1.2"]


def test_a_deleted_index_is_silent(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index, since = make_index(), now(root)
    root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    root.delete_index(index)
    assert page(root, since)[1] == []


def test_a_replaced_file_is_a_new_event(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index, since = make_index(volatile=True), now(root)
    root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    root.upload(index, make_sdist(tmp_path / "b", "hero-model", "1.0", payload=b"changed"))
    _, events = page(root, since)
    assert len({event.sha256 for event in events}) == len(events) == 2


READERS_PLUGIN = """
from devpi_server.config import hookimpl
from devpi_server.model import ACLList

@hookimpl
def devpiserver_indexconfig_defaults(index_type):
    return {"acl_pkg_read": ACLList([":ANONYMOUS:"])}

@hookimpl
def devpiserver_stage_get_principals_for_pkg_read(ixconfig):
    return ixconfig.get("acl_pkg_read")
"""


def test_only_who_may_read_an_index_hears_of_it(tmp_path: Path) -> None:
    """On a server with another plugin, by which indexes choose their readers."""
    plugin = tmp_path / "plugin" / "readers-1.dist-info"
    plugin.mkdir(parents=True)
    (plugin.parent / "readers.py").write_text(READERS_PLUGIN)
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: readers\nVersion: 1\n")
    (plugin / "entry_points.txt").write_text("[devpi_server]\nreaders = readers\n")
    environ = {**os.environ, "PYTHONPATH": str(plugin.parent)}
    with devpi_server(tmp_path / "P", environ=environ) as server, server.root() as root:
        for name in ("open", "closed"):
            index = IndexName("root", name)
            root.create_index(IndexConfig(index, "pipl", acl_upload=("root",)))
            root.upload(index, make_sdist(tmp_path, f"{name}-model", "1.0"))
        root.modify_index(IndexName("root", "closed"), {"acl_pkg_read": "root"})
        assert [event.index for event in page(root, -1)[1]] == ["root/open", "root/closed"]
        with server.client() as nobody:
            assert [event.index for event in page(nobody, -1)[1]] == ["root/open"]


def test_a_log_that_is_another_is_read_from_its_beginning(root: DevpiClient) -> None:
    """As after a backup was restored: the runner's serial is ahead of the server's."""
    assert feed.read(root, 10**9, wait_s=0) == feed.Page(feed.BEFORE_ALL, ())


def test_a_serial_that_is_another_change_is_told(root: DevpiClient) -> None:
    """As after a backup was restored, and went on past what was read."""
    last = feed.read(root, -1, wait_s=0)
    while (more := feed.read(root, last.serial, wait_s=0, mark=last.mark)).serial > last.serial:
        last = more
    assert last.mark
    assert more.serial == last.serial
    another = feed.read(root, last.serial, wait_s=0, mark=last.mark ^ 1)
    assert another == feed.Page(feed.BEFORE_ALL, ())
