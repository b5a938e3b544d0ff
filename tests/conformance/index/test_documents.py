"""Documents of pipl's own part of the server: who it is, and its event feed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipl.ci.event import ReleaseEvent
from pipl.errors.server import UnexpectedReply
from pipl.index.client import IndexClient
from pipl.testing.distributions import make_sdist

from .conftest import Server


def page(client: IndexClient, since: int) -> tuple[int, list[ReleaseEvent]]:
    document: Any = client.get_json(f"/+pipl/events?since={since}&wait=0&limit=500", timeout_s=30)
    return document["serial"], [ReleaseEvent.from_json(event) for event in document["events"]]


def now(client: IndexClient) -> int:
    serial, events = page(client, -1)
    while events:
        serial, events = page(client, serial)
    return serial


def test_it_says_what_it_serves(server: Server) -> None:
    document: Any = server.connect().get_json("/+pipl/", timeout_s=30)
    assert isinstance(document["project"], str)
    assert "events" in document["features"]


def test_a_path_that_is_not_there(server: Server) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        server.connect().get_json("/+pipl/nothing", timeout_s=30)
    assert caught.value.status == 404


def test_an_upload_and_a_push_are_one_event_each(server: Server, tmp_path: Path) -> None:
    stage, target = server.index(acl_upload=(":AUTHENTICATED:",)), server.index()
    since = now(server.root)
    artist = server.connect(name := server.user_name())
    artist.upload(stage, path := make_sdist(tmp_path, "Hero_Model", "1.0"))
    artist.upload(stage, path)
    release = server.root.release(stage, "hero-model", "1.0")
    server.root.push(release, target)
    server.root.push(release, target)
    serial, events = page(server.root, since)
    (file,) = release.files
    assert [(event.index, event.user) for event in events] == [
        (str(stage), name),
        (str(target), "root"),
    ]
    for event in events:
        assert (event.project, event.version) == ("hero-model", "1.0")
        assert (event.filename, event.sha256) == (file.filename, file.sha256)
    assert since < events[0].serial < events[1].serial <= serial
    assert page(server.root, serial) == (serial, [])
