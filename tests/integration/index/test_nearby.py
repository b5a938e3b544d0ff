"""Kept simple pages: what is asked of a real server, and that nobody resolves otherwise by them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipl.env import python
from pipl.env.choice import choose
from pipl.env.install import ALL, UV, Resolve
from pipl.env.lock import Lock
from pipl.errors import NotAllowed, ServerDown, UnexpectedReply
from pipl.index import nearby
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.servers import RunningServer
from pipl.testing.simple_index import make_wheel, simple_index

MakeIndex = Callable[..., IndexName]


class Watched(DevpiClient):
    """Counts what it asks for, and keeps how many pages it was told."""

    def __init__(self, client: DevpiClient) -> None:
        super().__init__(client.url, client.connection.login)
        self.asked = 0
        self.told: list[str] = []

    def get_json(self, path: str, *, timeout_s: float) -> object:
        self.asked += 1
        found = super().get_json(path, timeout_s=timeout_s)
        assert isinstance(found, dict)
        self.told += [page["name"] for page in found["pages"]]
        return found


@dataclass(frozen=True)
class KeptHere:
    """The pages of one index, as an installer reads them."""

    client: DevpiClient
    index: IndexName
    cache: Path

    def __call__(self, index_url: str) -> str:
        return self.folder.as_uri()

    def forget(self, index_url: str) -> None:
        nearby.forget(self.client.url, self.index, self.cache)

    @property
    def folder(self) -> Path:
        found = nearby.folder(self.client, self.index, self.cache)
        assert found is not None
        return found


def upload(client: DevpiClient, index: IndexName, folder: Path, name: str, version: str) -> None:
    client.upload(index, make_wheel(folder / "wheels", name, version))


def names(folder: Path | None) -> list[str]:
    assert folder is not None
    return sorted(path.name for path in folder.iterdir())


def page(folder: Path | None, name: str) -> str:
    assert folder is not None
    return (folder / name / "index.html").read_text(encoding="utf-8")


def test_one_question_and_one_page(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    base = make_index(volatile=True)
    stage = make_index(bases=(base,))
    for name in ("a", "b", "c"):
        upload(root, base, tmp_path, name, "1.0")
    client, cache = Watched(root), tmp_path / "cache"
    kept = nearby.folder(client, stage, cache)
    assert (names(kept), client.told) == (["a", "b", "c"], ["a", "b", "c"])
    assert kept is not None
    assert (kept.parent.stat().st_mode & 0o777) == 0o700
    client.asked, client.told = 0, []
    assert nearby.folder(client, stage, cache) == kept
    assert (client.asked, client.told) == (1, [])
    upload(root, stage, tmp_path, "b", "1.1")
    client.asked = 0
    nearby.folder(client, stage, cache)
    assert set(client.told) == {"b"}
    assert "b-1.0-" in page(kept, "b")
    assert "b-1.1-" in page(kept, "b")
    assert "b-1.1-" in page(nearby.folder(client, stage, tmp_path / "other"), "b")
    root.yank(root.release(base, "a", "1.0"), "flipped")
    nearby.folder(client, stage, cache)
    assert 'data-yanked="flipped"' in page(kept, "a")
    root._connection.send("DELETE", f"/{base}/c", doing="removing c")
    assert names(nearby.folder(client, stage, cache)) == ["a", "b"]


def test_what_is_damaged_or_of_another_database_is_fetched_anew(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index = make_index()
    upload(root, index, tmp_path, "a", "1.0")
    kept = nearby.folder(root, index, tmp_path / "cache")
    assert kept is not None
    state = kept.parent / "state.json"
    good = json.loads(state.read_text(encoding="utf-8"))
    for text in ("", "[]", "{", json.dumps({**good, "feed": "another"}), json.dumps([good])):
        (kept / "a" / "index.html").write_text("nonsense", encoding="utf-8")
        (kept / "gone").mkdir(exist_ok=True)
        state.write_text(text, encoding="utf-8")
        assert names(nearby.folder(root, index, tmp_path / "cache")) == ["a"]
        assert "a-1.0-" in page(kept, "a")


def test_where_there_are_none(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    hidden = make_index()
    root.modify_index(hidden, {"acl_pkg_read": ["root"]})
    index = make_index(bases=(hidden,))
    nobody = devpi_server.client()
    assert nearby.folder(nobody, index, tmp_path / "cache") is None
    assert nearby.folder(nobody, IndexName("root", "nowhere"), tmp_path / "cache") is None
    assert nearby.folder(root, index, tmp_path / "cache") is not None
    (tmp_path / "file").write_text("")
    assert nearby.folder(root, index, tmp_path / "file") is None
    with simple_index(tmp_path) as older, DevpiClient(older.origin) as client:
        assert nearby.folder(client, index, tmp_path / "cache") is None
        url = client.url
    with DevpiClient(url) as client, pytest.raises(ServerDown):
        nearby.folder(client, index, tmp_path / "cache")


def test_a_lock_is_the_same(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    base = make_index()
    stage = make_index(bases=(base,))
    wheels = tmp_path / "wheels"
    root.upload(base, make_wheel(wheels, "hero-geo", "1.0", requires_python=">=3.9"))
    root.upload(base, make_wheel(wheels, "hero-geo", "2.0", requires_python=">=99"))
    root.upload(base, make_wheel(wheels, "hero-geo", "1.1a1"))
    root.upload(stage, make_wheel(wheels, "hero_rig", "1.0", requires=["hero-geo"]))
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": f"{tmp_path}/uv"}
    url = f"{devpi_server.url}/{stage}/+simple/"

    plain = choose(UV, environ)
    kept = choose(UV, environ, nearby=KeptHere(root, stage, tmp_path / "cache"))
    wanted = Resolve(("hero-rig",), tmp_path, url, python.find())

    def both(wanted: Resolve) -> Lock:
        lock = kept.resolve(wanted)
        assert lock.render() == plain.resolve(wanted).render()
        return lock

    before = both(wanted)
    assert [str(one) for one in before.versions.values()] == ["1.0", "1.0"]
    root.upload(stage, make_wheel(wheels, "hero_rig", "1.1", requires=["hero-geo"]))
    after = both(Resolve(("hero-rig",), tmp_path, url, python.find(), prefer=before, upgrade=ALL))
    assert str(after.versions["hero-rig"]) == "1.1"


def test_pages_of_a_hidden_index_are_refused(
    devpi_server: RunningServer, make_index: MakeIndex, root: DevpiClient
) -> None:
    hidden = make_index()
    root.modify_index(hidden, {"acl_pkg_read": ["root"]})
    index = make_index(bases=(hidden,))
    root.create_user("outsider", password="s3cret-and-more")
    with devpi_server.client() as client:
        client.log_in("outsider", "s3cret-and-more")
        with pytest.raises((NotAllowed, UnexpectedReply)) as caught:
            client.get_json(f"/+pipl/pages?index={index}", timeout_s=30)
    assert str(hidden) in str(caught.value) or isinstance(caught.value, NotAllowed)


@pytest.mark.parametrize("damage", ["", "<a href='x/hero_geo-1.0-py3-none-any.whl'>", None])
def test_a_page_that_lacks_something_is_not_believed(
    devpi_server: RunningServer,
    root: DevpiClient,
    make_index: MakeIndex,
    tmp_path: Path,
    damage: str | None,
) -> None:
    index = make_index()
    for version in ("1.0", "2.0"):
        upload(root, index, tmp_path, "hero-geo", version)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": f"{tmp_path}/uv"}
    pages = KeptHere(root, index, tmp_path / "cache")
    place = pages.folder / "hero-geo" / "index.html"
    if damage is None:
        place.unlink()
    else:
        place.write_text(damage, encoding="utf-8")
    url = f"{devpi_server.url}/{index}/+simple/"
    wanted = Resolve(("hero-geo==2.0",), tmp_path, url, python.find())
    assert str(choose(UV, environ, nearby=pages).resolve(wanted).versions["hero-geo"]) == "2.0"
    if damage is not None:  # a page that is not there is asked of the server
        assert page(pages.folder, "hero-geo").count("hero_geo-") >= 2  # fetched anew
