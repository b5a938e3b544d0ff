"""What own indexes give, by pages that are kept here and by asking for releases: the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipl.env.lock import index_of
from pipl.env.locked import LockedFile, LockedPackage
from pipl.index import nearby
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.servers import RunningServer
from pipl.testing.simple_index import make_wheel
from pipl.workspace.given import ByPages, ByReleases, Given

MakeIndex = Callable[..., IndexName]


def locked(client: DevpiClient, index: IndexName, name: str, version: str) -> LockedPackage:
    (file,) = client.release(index, name, version).files
    files = (LockedFile("wheel", file.filename, file.url, file.sha256),)
    return LockedPackage(name, version, files, index=index_of(files, client.url))


def both(
    server: RunningServer, root: DevpiClient, index: IndexName, cache: Path
) -> tuple[Given, Given]:
    kept = nearby.current(root, index, cache)
    assert kept is not None
    return ByPages(kept, f"{server.url}/{index}/+simple/"), ByReleases(root, index)


def test_both_ways_give_the_same(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    base = make_index(volatile=True)
    stage = make_index(bases=(base,))
    elsewhere = make_index()
    for index, name, version in (
        (base, "hero-geo", "1.0"),
        (base, "hero-geo", "1.1a1"),
        (stage, "hero-geo", "0.9"),
        (base, "hero-rig", "2.0b1"),
        (base, "torn", "1.0"),
        (stage, "torn", "1.0"),
        (elsewhere, "public", "1.0"),
    ):
        root.upload(index, make_wheel(tmp_path / str(index) / "wheels", name, version))
    root.yank(root.release(base, "torn", "1.0"), 'flipped <normals> & "more"')
    geo = locked(root, stage, "hero-geo", "0.9")
    torn = locked(root, stage, "torn", "1.0")
    public = locked(root, elsewhere, "public", "1.0")
    for given in both(devpi_server, root, stage, tmp_path / "cache"):
        assert (given.holds(geo), given.holds(torn), given.holds(public)) == (True, True, False)
        names = ("hero-geo", "hero-rig", "torn", "public")
        assert list(map(given.newest, names)) == ["1.0", "2.0b1", None, None]
        assert given.yanked(geo) is None
        assert given.yanked(torn) == 'flipped <normals> & "more"'
    root.yank(root.release(base, "torn", "1.0"), "")
    for given in both(devpi_server, root, stage, tmp_path / "cache"):
        assert given.yanked(torn) == ""


def test_what_is_gone_is_still_known_to_be_ours(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index = make_index(volatile=True)
    root.upload(index, make_wheel(tmp_path, "hero-geo", "1.0"))
    geo = locked(root, index, "hero-geo", "1.0")
    root.connection.send("DELETE", f"/{index}/hero-geo", doing="removing it")
    by_pages, _ = both(devpi_server, root, index, tmp_path / "cache")
    assert (by_pages.holds(geo), by_pages.newest("hero-geo")) == (True, None)
    assert by_pages.yanked(geo) is None


def test_a_page_that_cannot_be_read_tells_nothing(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> None:
    index = make_index()
    root.upload(index, make_wheel(tmp_path, "hero-geo", "1.0"))
    kept = nearby.current(root, index, tmp_path / "cache")
    assert kept is not None
    given = ByPages(kept, f"{devpi_server.url}/{index}/+simple/")
    (kept.folder / "hero-geo" / "index.html").write_bytes(b"\xff<a href='x'>nonsense</a>")
    assert given.newest("hero-geo") is None
