"""Assets over HTTP from a real server, asked as plainly as any program may."""

from __future__ import annotations

import hashlib
import http.client
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from email.message import Message
from urllib.parse import urlsplit

import pytest

from pipl.testing.servers import RunningServer

CONTENT = bytes(range(256)) * 5000


@pytest.fixture(scope="module")
def digest(devpi_server: RunningServer) -> str:
    """An object in the project's store, as the folder store lays it."""
    devpi_server.project_index()
    name = hashlib.sha256(CONTENT).hexdigest()
    path = devpi_server.folder / "system" / "assets" / "objects" / "sha256" / name[:2] / name[2:]
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return name


def ask(
    server: RunningServer,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Message, bytes]:
    """The path goes out exactly as given: no client tidies it up."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def test_the_whole_object(devpi_server: RunningServer, digest: str) -> None:
    status, headers, body = ask(devpi_server, f"/+pipl/assets/sha256/{digest}")
    assert (status, body) == (200, CONTENT)
    assert headers["Content-Length"] == str(len(CONTENT))
    assert headers["Accept-Ranges"] == "bytes"
    assert "immutable" in headers["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=1000-1999", slice(1000, 2000)),
        ("bytes=1279000-", slice(1279000, None)),
        ("bytes=-10", slice(-10, None)),
    ],
)
def test_a_part_of_it(devpi_server: RunningServer, digest: str, asked: str, part: slice) -> None:
    status, headers, body = ask(
        devpi_server, f"/+pipl/assets/sha256/{digest}", headers={"Range": asked}
    )
    assert (status, body) == (206, CONTENT[part])
    assert headers["Content-Range"].endswith(f"/{len(CONTENT)}")


def test_a_part_beyond_its_end(devpi_server: RunningServer, digest: str) -> None:
    status, _, _ = ask(
        devpi_server, f"/+pipl/assets/sha256/{digest}", headers={"Range": "bytes=9999999-"}
    )
    assert status == 416


def test_what_has_arrived_is_not_sent_again(devpi_server: RunningServer, digest: str) -> None:
    path = f"/+pipl/assets/sha256/{digest}"
    _, headers, _ = ask(devpi_server, path)
    status, _, body = ask(devpi_server, path, headers={"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    "place",
    [
        "sha256/" + "0" * 64,
        "sha256/" + "0" * 63,
        "sha256/{digest}x",
        "sha256/{DIGEST}",
        "md5/{digest}",
        "sha256/../../../../secrets/server",
        "sha256/..%2f..%2f..%2f..%2fsecrets%2fserver",
        "%2e%2e/%2e%2e/secrets/server",
        "sha256/{digest}%00",
        "sha256//etc/passwd",
        "",
    ],
)
def test_what_is_no_digest_is_refused(devpi_server: RunningServer, digest: str, place: str) -> None:
    asked = place.format(digest=digest, DIGEST=digest.upper())
    status, _, body = ask(devpi_server, f"/+pipl/assets/{asked}")
    assert status == 404
    assert devpi_server.secret_file.read_bytes() not in body


def test_a_link_in_the_store_is_not_followed(devpi_server: RunningServer, digest: str) -> None:
    name = hashlib.sha256(b"link").hexdigest()
    objects = devpi_server.folder / "system" / "assets" / "objects" / "sha256"
    (objects / name[:2]).mkdir(exist_ok=True)
    (objects / name[:2] / name[2:]).symlink_to(devpi_server.secret_file)
    assert ask(devpi_server, f"/+pipl/assets/sha256/{name}")[0] == 404


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_nobody_changes_an_object(devpi_server: RunningServer, digest: str, method: str) -> None:
    status, _, _ = ask(devpi_server, f"/+pipl/assets/sha256/{digest}", method=method)
    assert status in (401, 403, 404, 405)
    assert ask(devpi_server, f"/+pipl/assets/sha256/{digest}")[2] == CONTENT


def test_what_is_not_there_says_so(devpi_server: RunningServer, digest: str) -> None:
    path = f"/+pipl/assets/sha256/{'0' * 64}"
    status, _, body = ask(devpi_server, path, headers={"Accept": "application/json"})
    assert status == 404
    assert "no such asset" in json.loads(body)["message"]
    assert str(devpi_server.folder) not in body.decode()


def test_it_is_served_while_a_release_is_written(devpi_server: RunningServer, digest: str) -> None:
    """No page of assets waits for devpi's write transaction, or holds it."""
    database = devpi_server.folder / "system" / "server" / ".sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        path = f"/+pipl/assets/sha256/{digest}"
        assert ask(devpi_server, path)[0] == 200
        assert ask(devpi_server, path, method="PUT")[0] == 401
        other.execute("ROLLBACK")


@pytest.mark.parametrize(
    "path",
    ["/%ff", "/root/PROJ/%ff/", "/+pipl/assets/%ff", "/+pipl/events?since=%ff", "/?q=%C3%28"],
)
def test_an_address_that_is_no_text_is_refused(devpi_server: RunningServer, path: str) -> None:
    devpi_server.project_index()
    status, _, body = ask(devpi_server, path)
    assert (status, b"not UTF-8" in body) == (400, True)


def test_an_address_in_other_alphabets_is_understood(devpi_server: RunningServer) -> None:
    status, _, _ = ask(devpi_server, "/+pipl/?caf%C3%A9=%E2%82%AC")
    assert status == 200
