"""Who hears of what: the event feed where indexes name their readers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipl.errors.access import LoginExpired, TokenRefused
from pipl.index import tokens
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import RunningServer, devpi_server

OPEN, ANNS = IndexName("root", "open"), IndexName("root", "anns")
PASSWORD = "a password"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A release on an index for everybody, and one on an index that ann may read."""
    folder = tmp_path_factory.mktemp("access")
    with devpi_server(folder / "P") as server, server.root() as root:
        for user in ("ann", "bob"):
            root.create_user(user, password=PASSWORD)
        for index in (OPEN, ANNS):
            root.create_index(IndexConfig(index, "pipl", acl_upload=("root",)))
            root.upload(index, make_sdist(folder, f"{index.name}-model", "1.0"))
        root.modify_index(ANNS, {"acl_pkg_read": "ann"})
        yield server


@pytest.fixture
def root(server: RunningServer) -> Iterator[DevpiClient]:
    with server.root() as client:
        yield client


@pytest.fixture
def ann(server: RunningServer) -> Login:
    return server.log_in("ann", PASSWORD)


def heard(server: RunningServer, login: Login | None, since: int = -1, wait_s: float = 0) -> Any:
    """The indexes of the events that a page tells of."""
    with DevpiClient(server.url, login) as client:
        path = f"/+pipl/events?since={since}&wait={wait_s}"
        document: Any = client.get_json(path, timeout_s=60)
        return [event["index"] for event in document["events"]]


def token_of(root: DevpiClient, ann: Login, **restrictions: Any) -> Login:
    body = {"expires": int(time.time()) + 1000, **restrictions}
    reply = root.connection.send("POST", "/ann/+token-create", document=body, doing="asking")
    return replace(ann, token=json.loads(reply.content)["result"]["token"])


def test_everybody_hears_of_what_they_may_read(server: RunningServer, ann: Login) -> None:
    assert heard(server, ann) == ["root/open", "root/anns"]
    assert heard(server, server.log_in("bob", PASSWORD)) == ["root/open"]
    assert heard(server, None) == ["root/open"]


def test_what_one_may_not_read_does_not_end_the_waiting(
    server: RunningServer, root: DevpiClient, tmp_path: Path
) -> None:
    since: Any = root.get_json("/+pipl/events?since=-1", timeout_s=30)

    def publish() -> None:
        root.upload(ANNS, make_sdist(tmp_path, "anns-model", "2.0"))
        root.upload(OPEN, make_sdist(tmp_path, "open-model", "2.0"))

    threading.Timer(0.5, publish).start()
    assert heard(server, None, since["serial"], wait_s=30) == ["root/open"]


def test_a_token_for_one_index_hears_of_no_other(
    server: RunningServer, root: DevpiClient, ann: Login
) -> None:
    assert set(heard(server, token_of(root, ann, indexes=["root/anns"]))) == {"root/anns"}
    assert heard(server, token_of(root, ann, allowed=["upload"])) == []
    assert set(heard(server, token_of(root, ann))) == {"root/open", "root/anns"}


def test_who_sends_a_login_that_is_not_good_is_no_stranger(
    server: RunningServer, root: DevpiClient, ann: Login
) -> None:
    """A reader who became nobody would go past events that it is never told of again."""
    with pytest.raises(LoginExpired):
        heard(server, server.expired_login("ann"))
    with pytest.raises(LoginExpired):
        heard(server, replace(ann, token="guessed"))
    revoked = token_of(root, ann)
    tokens.revoke(root.connection, "ann", tokens.id_of(revoked.token))
    with pytest.raises(TokenRefused):
        heard(server, revoked)


def test_a_token_revoked_while_its_reader_waits(
    server: RunningServer, root: DevpiClient, ann: Login, tmp_path: Path
) -> None:
    since: Any = root.get_json("/+pipl/events?since=-1", timeout_s=30)
    token = token_of(root, ann)

    def revoke_and_publish() -> None:
        tokens.revoke(root.connection, "ann", tokens.id_of(token.token))
        root.upload(ANNS, make_sdist(tmp_path, "anns-model", "3.0"))

    working = threading.Timer(0.5, revoke_and_publish)
    working.start()
    with pytest.raises(TokenRefused):
        heard(server, token, since["serial"], wait_s=30)
    working.join(30)
    assert heard(server, ann, since["serial"]) == ["root/anns"]
