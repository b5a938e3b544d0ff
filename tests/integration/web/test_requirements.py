"""The requirements page of a real server: who may ask, in pages, over restarts and damage."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pipl.build import wheel
from pipl.errors.access import LoginNeeded, NotAllowed
from pipl.errors.index import IndexNotFound
from pipl.errors.server import UnexpectedReply
from pipl.index import requirements
from pipl.index.client import MIRROR_TYPE, IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.index.requirements import Requirements
from pipl.packl.graph import kept
from pipl.testing.servers import RunningServer, devpi_server
from pipl.testing.simple_index import make_wheel
from pipl.web import packls

MakeIndex = Callable[..., IndexName]


def upload(client: DevpiClient, index: IndexName, folder: Path, name: str, version: str) -> None:
    path = make_wheel(folder, name, version, requires=["pipl-pipe"])
    wheel.add(path, {"pipl.json": json.dumps({"kind": "code", "type": name})})
    client.upload(index, path)


def versions(found: Requirements) -> dict[str, str]:
    return {name: packl.version for name, packl in found.packls.items()}


def page(client: DevpiClient, index: IndexName, **asked: object) -> Any:
    query = "&".join(f"{key}={quote(str(value))}" for key, value in asked.items())
    path = f"{requirements.PAGE}?index={quote(str(index))}&{query}"
    return client.get_json(path, timeout_s=30)


def test_pages_by_name(root: DevpiClient, make_index: MakeIndex, tmp_path: Path) -> None:
    index = make_index()
    for name in ("d", "b", "a", "c", "e"):
        upload(root, index, tmp_path, name, "1.0")
    told, after = [], ""
    while True:
        answer = page(root, index, after=after, limit=2)
        told.append([packl["name"] for packl in answer["packls"]])
        after = answer["next"]
        if after is None:
            break
    assert told == [["a", "b"], ["c", "d"], ["e"]]
    ask = lambda path: root.get_json(f"{path}&limit=2", timeout_s=30)  # noqa: E731
    assert requirements.fetch(ask, index, None) == root.requirements(index)


def test_only_what_has_changed_is_told(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index = make_index(volatile=True)
    for name in ("a", "b", "c"):
        upload(root, index, tmp_path, name, "1.0")
    first = page(root, index)
    assert (first["full"], len(first["packls"])) == (True, 3)
    upload(root, index, tmp_path, "b", "1.1")
    root._connection.send("DELETE", f"/{index}/c", doing="removing c")
    answer = page(root, index, since=first["serial"])
    assert [(one["name"], one["version"]) for one in answer["packls"]] == [("b", "1.1")]
    assert (answer["full"], answer["gone"]) == (False, ["c"])
    again = page(root, index, since=answer["serial"])
    assert (again["packls"], again["gone"]) == ([], [])
    assert page(root, index, since=10**9)["full"]


def test_what_is_uploaded_elsewhere_does_not_count(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index, other = make_index(), make_index()
    first = root.requirements(index)
    upload(root, other, tmp_path, "a", "1.0")
    assert page(root, index, since=first.serial)["packls"] == []
    root.modify_index(index, {"bases": [str(other)]})
    assert versions(root.requirements(index, known=first)) == {"a": "1.0"}


def test_mirrors_are_not_told_of(root: DevpiClient, make_index: MakeIndex, tmp_path: Path) -> None:
    mirror = IndexName("root", "unreachable")
    root.create_index(IndexConfig(mirror, MIRROR_TYPE, mirror_url="http://127.0.0.1:9/simple/"))
    index = make_index(bases=(mirror,))
    upload(root, index, tmp_path, "a", "1.0")
    found = root.requirements(index)
    assert (found.sources, versions(found)) == ((str(index),), {"a": "1.0"})


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"since": "x"}, 400),
        ({"since": -2}, 400),
        ({"since": "1e3"}, 400),
        ({"limit": 0}, 400),
        ({"since": 2**60}, 400),
    ],
)
def test_bad_questions(
    root: DevpiClient, make_index: MakeIndex, query: dict[str, object], status: int
) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        page(root, make_index(), **query)
    assert caught.value.status == status
    assert "must be" in caught.value.reason


@pytest.mark.parametrize("index", ["", "root", "root/a/b"])
def test_what_is_no_index(root: DevpiClient, index: str) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        root.get_json(f"{requirements.PAGE}?index={index}", timeout_s=30)
    assert (caught.value.status, caught.value.reason) == (400, "index must be given as USER/NAME")


def test_an_index_with_readers(
    root: DevpiClient, make_index: MakeIndex, devpi_server: RunningServer, tmp_path: Path
) -> None:
    base, closed = make_index(), make_index()
    stage = make_index(bases=(base, closed))
    upload(root, base, tmp_path, "a", "1.0")
    upload(root, closed, tmp_path, "secret", "1.0")
    root.create_user("reader", password="r3ader")
    root.create_user("other", password="0ther")
    root.modify_index(closed, {"acl_pkg_read": ["reader"]})
    with devpi_server.client() as nobody, devpi_server.client() as reader:
        before = nobody.requirements(stage)
        assert (versions(before), before.sources) == ({"a": "1.0"}, (str(stage), str(base)))
        with pytest.raises(LoginNeeded):
            nobody.requirements(closed)
        reader.log_in("reader", "r3ader")
        # what somebody else was told, such as by a kept file, does not hide what one may read
        assert versions(reader.requirements(stage, known=before)) == {"a": "1.0", "secret": "1.0"}
        assert versions(reader.requirements(closed)) == {"secret": "1.0"}
        reader.log_in("other", "0ther")
        with pytest.raises(NotAllowed):
            reader.requirements(closed)
        assert versions(reader.requirements(stage)) == {"a": "1.0"}


INDEX = IndexName("root", "PROJ")


@pytest.fixture
def own(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A server that may be stopped, with one packl."""
    with devpi_server(tmp_path / "P") as server, server.root() as root:
        root.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
        upload(root, INDEX, tmp_path, "a", "1.0")
        yield server, root


def database(server: RunningServer) -> Path:
    return server.folder / "system" / "server" / packls.NAME


def test_a_restart_goes_on_where_it_was(
    own: tuple[RunningServer, DevpiClient], tmp_path: Path
) -> None:
    server, root = own
    first = root.requirements(INDEX)
    assert database(server).stat().st_mode & 0o077 == 0
    server.kill()
    server.start()
    upload(root, INDEX, tmp_path, "b", "1.0")
    answer = page(root, INDEX, since=first.serial)
    assert not answer["full"]
    assert [one["name"] for one in answer["packls"]] == ["b"]
    assert versions(root.requirements(INDEX, known=first)) == {"a": "1.0", "b": "1.0"}


def test_a_damaged_cache_is_made_anew(
    own: tuple[RunningServer, DevpiClient], tmp_path: Path
) -> None:
    server, root = own
    first = root.requirements(INDEX)
    for damage in ("torn", "of another version", "of another database", "ahead"):
        server.kill()
        _damage(database(server), damage)
        server.start()
        assert root.requirements(INDEX) == first, damage
        assert root.requirements(INDEX, known=first) == first, damage
    upload(root, INDEX, tmp_path, "a", "1.1")
    assert versions(root.requirements(INDEX, known=first)) == {"a": "1.1"}


def _damage(path: Path, damage: str) -> None:
    if damage == "torn":
        for one in path.parent.glob(f"{path.name}-*"):
            one.unlink()
        path.write_bytes(path.read_bytes()[:1000] + b"rubbish" * 500)
        return
    statement = {
        "of another version": "PRAGMA user_version = 77",
        "of another database": "UPDATE facts SET value = 'another' WHERE name = 'feed'",
        "ahead": "UPDATE facts SET value = '1000000' WHERE name = 'serial'",
    }[damage]
    with sqlite3.connect(path) as connection:
        connection.execute('UPDATE rows SET row = \'{"name": "made-up"}\'')
        connection.execute(statement)


def test_the_kept_file_of_another_server_does_not_count(
    own: tuple[RunningServer, DevpiClient], tmp_path: Path
) -> None:
    server, root = own
    assert versions(kept.read(root, INDEX, tmp_path / "cache")) == {"a": "1.0"}
    server.kill()
    with devpi_server(tmp_path / "Q") as other:
        other.kill()
        other.port, other.url = server.port, server.url
        other.start()
        with other.root() as client:
            client.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
            upload(client, INDEX, tmp_path, "b", "1.0")
            assert versions(kept.read(client, INDEX, tmp_path / "cache")) == {"b": "1.0"}


def test_an_index_that_is_deleted(root: DevpiClient, make_index: MakeIndex, tmp_path: Path) -> None:
    index = make_index()
    upload(root, index, tmp_path, "a", "1.0")
    known = root.requirements(index)
    root.delete_index(index)
    with pytest.raises(IndexNotFound):
        root.requirements(index, known=known)
    root.create_index(IndexConfig(index, "pipl", acl_upload=("root",)))
    assert versions(root.requirements(index, known=known)) == {}
