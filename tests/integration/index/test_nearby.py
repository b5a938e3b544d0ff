"""Kept simple pages: what is asked of a real server, and that nobody resolves otherwise by them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipl import process
from pipl.cli.kept_pages import shown
from pipl.env import python
from pipl.env.choice import choose
from pipl.env.install import ALL, UV, NearbyIndex, Resolve
from pipl.env.lock import Lock
from pipl.errors.access import NotAllowed
from pipl.errors.env import Unresolvable
from pipl.errors.server import ServerDown, UnexpectedReply
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

    def seen(self, index_url: str) -> NearbyIndex | None:
        return shown(self.client.url, nearby.seen(self.client.url, self.index, self.cache))

    def current(self, index_url: str) -> NearbyIndex | None:
        return shown(self.client.url, nearby.current(self.client, self.index, self.cache))

    def forget(self, index_url: str) -> None:
        nearby.forget(self.client.url, self.index, self.cache)

    @property
    def folder(self) -> Path:
        return kept_now(self.client, self.index, self.cache)


def upload(client: DevpiClient, index: IndexName, folder: Path, name: str, version: str) -> None:
    client.upload(index, make_wheel(folder / "wheels", name, version))


def kept_now(client: DevpiClient, index: IndexName, cache: Path) -> Path:
    found = nearby.current(client, index, cache)
    assert found is not None
    return found.folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def page(folder: Path, name: str) -> str:
    return (folder / name / "index.html").read_text(encoding="utf-8")


def test_one_question_and_one_page(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    base = make_index(volatile=True)
    stage = make_index(bases=(base,))
    for name in ("a", "b", "c"):
        upload(root, base, tmp_path, name, "1.0")
    client, cache = Watched(root), tmp_path / "cache"
    kept = kept_now(client, stage, cache)
    assert (names(kept), client.told) == (["a", "b", "c"], ["a", "b", "c"])
    assert (kept.parent.stat().st_mode & 0o777) == 0o700
    client.asked, client.told = 0, []
    assert kept_now(client, stage, cache) == kept
    assert (client.asked, client.told) == (1, [])
    upload(root, stage, tmp_path, "b", "1.1")
    client.asked = 0
    kept_now(client, stage, cache)
    assert set(client.told) == {"b"}
    assert "b-1.0-" in page(kept, "b")
    assert "b-1.1-" in page(kept, "b")
    assert "b-1.1-" in page(kept_now(client, stage, tmp_path / "other"), "b")
    root.yank(root.release(base, "a", "1.0"), "flipped")
    kept_now(client, stage, cache)
    assert 'data-yanked="flipped"' in page(kept, "a")
    root._connection.send("DELETE", f"/{base}/c", doing="removing c")
    assert names(kept_now(client, stage, cache)) == ["a", "b"]


def test_what_is_damaged_or_of_another_database_is_fetched_anew(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index = make_index()
    upload(root, index, tmp_path, "a", "1.0")
    kept = kept_now(root, index, tmp_path / "cache")
    state = kept.parent / "state.json"
    good = json.loads(state.read_text(encoding="utf-8"))
    for text in ("", "[]", "{", json.dumps({**good, "feed": "another"}), json.dumps([good])):
        (kept / "a" / "index.html").write_text("nonsense", encoding="utf-8")
        (kept / "gone").mkdir(exist_ok=True)
        state.write_text(text, encoding="utf-8")
        assert names(kept_now(root, index, tmp_path / "cache")) == ["a"]
        assert "a-1.0-" in page(kept, "a")


def test_where_there_are_none(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    hidden = make_index()
    root.modify_index(hidden, {"acl_pkg_read": ["root"]})
    index = make_index(bases=(hidden,))
    nobody = devpi_server.client()
    assert nearby.current(nobody, index, tmp_path / "cache") is None
    assert nearby.current(nobody, IndexName("root", "nowhere"), tmp_path / "cache") is None
    assert nearby.current(root, index, tmp_path / "cache") is not None
    (tmp_path / "file").write_text("")
    assert nearby.current(root, index, tmp_path / "file") is None
    with simple_index(tmp_path) as older, DevpiClient(older.origin) as client:
        assert nearby.current(client, index, tmp_path / "cache") is None
        url = client.url
    with DevpiClient(url) as client, pytest.raises(ServerDown):
        nearby.current(client, index, tmp_path / "cache")


def test_whether_there_is_more_than_is_told(
    root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index, cache = make_index(), tmp_path / "cache"
    upload(root, index, tmp_path, "a", "1.0")

    def told() -> tuple[bool, str]:
        kept = nearby.current(root, index, cache)
        assert kept is not None
        assert nearby.seen(root.url, index, cache) == kept
        found = shown(root.url, kept)
        assert found is not None
        return found.whole, found.state

    def mirror(of: str) -> IndexName:
        return make_index(type="mirror", acl_upload=(), mirror_url=f"http://127.0.0.1:9/{of}/")

    is_whole, state = told()
    assert is_whole
    states = {state}
    one, other = mirror("one"), mirror("other")
    for bases in ([one], [one, other], [other]):
        root.modify_index(index, {"bases": list(map(str, bases))})
        is_whole, state = told()
        assert not is_whole
        assert state not in states
        states.add(state)
    root.modify_index(other, {"mirror_url": "http://127.0.0.1:9/elsewhere/"})
    assert told()[1] not in states
    root.modify_index(index, {"bases": []})
    assert told()[0]


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


def test_a_lock_that_came_out_unchanged_is_not_resolved_again(
    devpi_server: RunningServer,
    root: DevpiClient,
    make_index: MakeIndex,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = make_index()
    upload(root, index, tmp_path, "hero-geo", "1.0")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": f"{tmp_path}/uv"}
    environ["PIPL_CACHE_DIR"] = f"{tmp_path}/cache"
    installer = choose(UV, environ, nearby=KeptHere(root, index, tmp_path / "cache"))
    started: list[object] = []
    start = process.start

    def watched(*args: Any, **more: Any) -> Any:
        started.append(args)
        return start(*args, **more)

    monkeypatch.setattr(process, "start", watched)

    def resolves(wanted: Resolve) -> Lock | None:
        """The lock, None where uv was not asked for it."""
        started.clear()
        lock = installer.resolve(wanted)
        return lock if started else None

    url = f"{devpi_server.url}/{index}/+simple/"
    first = resolves(Resolve(("hero-geo",), tmp_path, url, python.find()))
    again = Resolve(("hero-geo",), tmp_path, url, python.find(), prefer=first)
    assert resolves(again) == first  # only this proves it
    assert resolves(again) is None
    assert installer.resolve(again) == first
    for other in (
        replace(again, requirements=("hero-geo>=1",)),
        replace(again, constraints=("hero-geo<9",)),
        replace(again, upgrade=ALL),
        replace(again, platforms=("linux",)),
        replace(again, prereleases=ALL),
    ):
        assert resolves(other) is not None
    started.clear()
    with pytest.raises(Unresolvable):
        installer.resolve(replace(again, requirements=("hero-geo==9",), timeout_s=60))
    assert len(started) == 1  # a try is over when it has failed
    upload(root, index, tmp_path, "other", "1.0")
    assert resolves(again) == first
    assert resolves(again) is None
    root.yank(root.release(index, "hero-geo", "1.0"), "torn mesh")
    assert resolves(again) is not None


def test_a_server_that_is_away_is_noticed_while_uv_works(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index = make_index()
    upload(root, index, tmp_path, "hero-geo", "1.0")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": f"{tmp_path}/uv"}
    pages = KeptHere(root, index, tmp_path / "cache")
    assert pages.current("") is not None

    class Away(KeptHere):
        def current(self, index_url: str) -> NearbyIndex | None:
            raise ServerDown(index_url)

    url = f"{devpi_server.url}/{index}/+simple/"
    installer = choose(UV, environ, nearby=Away(root, index, tmp_path / "cache"))
    with pytest.raises(ServerDown):
        installer.resolve(Resolve(("hero-geo",), tmp_path, url, python.find()))
