"""Who may read and store assets at a real server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from pipl.index.client import ANONYMOUS, AUTHENTICATED, IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.testing.servers import PROJECT_INDEX, RunningServer
from pipl.testing.servers import devpi_server as running_devpi_server
from pipl_pipe.asset.digest import of_bytes

PASSWORD = "a password"
CONTENT = b"the teapot"
DIGEST = of_bytes(CONTENT)
OBJECT = f"/+pipl/assets/{DIGEST.algorithm}/{DIGEST.hex}"
NOBODY: Login | None = None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of its own, whose indexes are opened and closed."""
    with running_devpi_server(tmp_path_factory.mktemp("devpi") / "Access") as server:
        with server.root() as root:
            for user in ("ann", "bob"):
                root.create_user(user, password=PASSWORD)
        yield server


@pytest.fixture(scope="module")
def ann(server: RunningServer) -> Login:
    return server.log_in("ann", PASSWORD)


@pytest.fixture(scope="module")
def bob(server: RunningServer) -> Login:
    return server.log_in("bob", PASSWORD)


@pytest.fixture(scope="module")
def root_login(server: RunningServer) -> Login:
    return server.log_in("root", server.root_password)


@pytest.fixture
def root(server: RunningServer) -> Iterator[DevpiClient]:
    """Root, with an open project index and no other; the object is in the store."""
    with server.root() as client:
        for config in client.indexes():
            client.delete_index(config.name)
        server.project_index()
        yield client


@pytest.fixture
def stored(server: RunningServer, root: DevpiClient, root_login: Login) -> None:
    assert ask(server, "PUT", OBJECT, root_login, CONTENT)[0] == 201


def ask(
    server: RunningServer, method: str, path: str, login: Login | None, body: bytes | None = None
) -> tuple[int, str]:
    """Status and what the server says."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    headers = {"Accept": "application/json", **(dict([login.header]) if login else {})}
    try:
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode("utf-8", "replace")
    finally:
        connection.close()


def reads(server: RunningServer, login: Login | None) -> list[int]:
    """The statuses of every way to read."""
    listed = json.dumps({"objects": [str(DIGEST)]}).encode()
    lacking = json.dumps({"objects": [[str(DIGEST), 1]]}).encode()
    return [
        ask(server, "GET", OBJECT, login)[0],
        ask(server, "HEAD", OBJECT, login)[0],
        ask(server, "POST", "/+pipl/assets/pack", login, listed)[0],
        ask(server, "POST", "/+pipl/assets/lacking", login, lacking)[0],
        ask(server, "GET", "/+pipl/assets/revisions", login)[0],
    ]


def stores(server: RunningServer, login: Login | None) -> list[int]:
    """The statuses of every way to store."""
    revisions = json.dumps({"revisions": [str(DIGEST)]}).encode()
    upload = f"/+pipl/assets/upload/{DIGEST.algorithm}/{DIGEST.hex}?size=10"
    return [
        ask(server, "PUT", OBJECT, login, CONTENT)[0],
        ask(server, "GET", upload, login)[0],
        ask(server, "POST", "/+pipl/assets/revisions", login, revisions)[0],
        ask(server, "POST", "/+pipl/assets/unpack", login, b"no pack")[0],
    ]


STORED = [201, 200, 200, 422]


@pytest.mark.usefixtures("stored")
def test_anybody_reads_where_the_index_is_open(server: RunningServer, bob: Login) -> None:
    assert reads(server, NOBODY) == reads(server, bob) == [200] * 5


@pytest.mark.usefixtures("stored")
def test_a_closed_index_closes_the_assets(
    server: RunningServer, root: DevpiClient, ann: Login, bob: Login, root_login: Login
) -> None:
    root.modify_index(PROJECT_INDEX, {"acl_pkg_read": ["ann"]})
    assert reads(server, NOBODY) == [401] * 5
    assert reads(server, bob) == [403] * 5
    assert reads(server, ann) == reads(server, root_login) == [200] * 5
    said = ask(server, "GET", OBJECT, NOBODY)[1]
    assert "root/PROJ" in said and str(server.folder) not in said
    assert "bob" in ask(server, "GET", OBJECT, bob)[1]
    root.modify_index(PROJECT_INDEX, {"acl_pkg_read": [AUTHENTICATED]})
    assert reads(server, NOBODY) == [401] * 5
    assert reads(server, bob) == [200] * 5
    root.modify_index(PROJECT_INDEX, {"acl_pkg_read": [ANONYMOUS]})
    assert reads(server, NOBODY) == [200] * 5


@pytest.mark.usefixtures("stored")
def test_who_may_upload_may_read(server: RunningServer, root: DevpiClient, bob: Login) -> None:
    root.modify_index(PROJECT_INDEX, {"acl_pkg_read": ["ann"], "acl_upload": ["root", "bob"]})
    assert reads(server, bob) == [200] * 5


@pytest.mark.usefixtures("stored")
def test_without_the_projects_index_nobody_reads(server: RunningServer, root: DevpiClient) -> None:
    root.delete_index(PROJECT_INDEX)
    assert reads(server, NOBODY) == [403] * 5
    assert "root/PROJ" in ask(server, "GET", OBJECT, NOBODY)[1]


@pytest.mark.usefixtures("stored")
def test_storing_needs_a_login_that_may_upload(
    server: RunningServer, root: DevpiClient, ann: Login, bob: Login, root_login: Login
) -> None:
    assert stores(server, NOBODY) == [401] * 4
    assert stores(server, bob) == [403] * 4
    assert stores(server, root_login) == STORED
    stage = IndexConfig(IndexName("root", "dev"), "pipl", acl_upload=("bob",))
    root.create_index(stage)
    assert stores(server, bob) == STORED
    assert stores(server, ann) == [403] * 4


@pytest.mark.usefixtures("stored")
def test_nobody_stores_even_where_anybody_uploads(
    server: RunningServer, root: DevpiClient, bob: Login
) -> None:
    open_to_all = IndexConfig(IndexName("root", "open"), "pipl", acl_upload=(ANONYMOUS,))
    root.create_index(open_to_all)
    assert stores(server, NOBODY) == [401] * 4
    assert stores(server, bob) == STORED


@pytest.mark.usefixtures("stored")
def test_logins_that_are_not_good(
    server: RunningServer, root: DevpiClient, root_login: Login
) -> None:
    for bad in (
        server.expired_login("root"),
        replace(root_login, token="wrong"),
        replace(root_login, user="bob"),
        replace(root_login, token=""),
    ):
        assert stores(server, bad) == [401] * 4
        assert reads(server, bad) == [200] * 5
    root.modify_index(PROJECT_INDEX, {"acl_pkg_read": ["root"]})
    assert reads(server, server.expired_login("root")) == [401] * 5


@pytest.mark.usefixtures("stored")
def test_a_token_is_good_for_its_index_only(
    server: RunningServer, root: DevpiClient, root_login: Login
) -> None:
    root.create_index(IndexConfig(IndexName("root", "dev"), "pipl", acl_upload=("root",)))
    root.modify_index(PROJECT_INDEX, {"acl_pkg_read": ["root"]})

    def token(**restrictions: list[str]) -> Login:
        body = json.dumps({"expires": "never", **restrictions}).encode()
        status, said = ask(server, "POST", "/root/+token-create", root_login, body)
        assert status == 200, said
        return replace(root_login, token=json.loads(said)["result"]["token"])

    elsewhere = token(indexes=["root/other"])
    assert reads(server, elsewhere) == [403] * 5
    assert stores(server, elsewhere) == [403] * 4
    dev = token(indexes=["root/dev"])
    assert reads(server, dev) == [403] * 5
    assert stores(server, dev) == STORED
    reader = token(allowed=["pkg_read"])
    assert reads(server, reader) == [200] * 5
    assert stores(server, reader) == [403] * 4
