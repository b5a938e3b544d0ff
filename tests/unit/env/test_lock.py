"""Locks: what they hold, how they read and travel, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pipl.env.lock import Lock, LockedFile, LockedPackage, origin_of
from pipl.errors.env import InvalidLock

SHA = "0123456789abcdef" * 4
SERVER = "http://127.0.0.1:3141"
INDEX = f"{SERVER}/root/PROJ/+simple/"

HERO_GEO = LockedPackage(
    "hero-geo",
    "1.1.0",
    (
        LockedFile("sdist", "hero_geo-1.1.0.tar.gz", f"{SERVER}/root/PROJ/+f/a/b/x.tar.gz", SHA),
        LockedFile(
            "wheel", "hero_geo-1.1.0-py3-none-any.whl", f"{SERVER}/root/PROJ/+f/a/b/x.whl", SHA, 12
        ),
        LockedFile(
            "wheel", "hero_geo-1.1.0-cp311-none-any.whl", "https://elsewhere.example/x.whl", SHA
        ),
    ),
)
EDITED = LockedPackage("hero-model", directory="hero_model", editable=True)
CONFIG = LockedPackage.of_file(
    name="Show.Config",
    version="2.0",
    url=f"{SERVER}/root/PROJ/+f/c/d/show_config-2.0-py3-none-any.whl",
    filename="show_config-2.0-py3-none-any.whl",
    sha256=SHA,
)
LOCK = Lock((EDITED, CONFIG, HERO_GEO), ">=3.11", INDEX, SERVER)


def test_packages_stand_by_name() -> None:
    assert [package.name for package in LOCK.packages] == ["hero-geo", "hero-model", "show-config"]


def test_a_lock_reads_as_it_was_written(tmp_path: Path) -> None:
    LOCK.write(tmp_path / "pylock.toml")
    assert Lock.read(tmp_path / "pylock.toml") == LOCK
    assert Lock.parse(Lock(()).render()) == Lock(())


def test_an_equal_lock_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    LOCK.write(path)
    before = path.stat()
    LOCK.write(path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_lock_follows_the_server() -> None:
    moved = LOCK.rebased("http://farm:80/pipl")
    urls = [file.url for file in moved.packages[0].files]
    assert urls == [
        "http://farm:80/pipl/root/PROJ/+f/a/b/x.tar.gz",
        "http://farm:80/pipl/root/PROJ/+f/a/b/x.whl",
        "https://elsewhere.example/x.whl",
    ]
    assert moved.index_url == "http://farm:80/pipl/root/PROJ/+simple/"
    assert moved.origin == "http://farm:80/pipl"
    assert moved.rebased(SERVER) == LOCK
    assert Lock(LOCK.packages).rebased("http://farm:80").packages == LOCK.packages


def test_a_server_whose_address_only_begins_alike_is_another() -> None:
    other = LockedPackage.of_file(
        name="x", version="1", url=f"{SERVER}5/x.whl", filename="x.whl", sha256=SHA
    )
    assert Lock((other,), origin=SERVER).rebased("http://new").packages == (other,)


def test_the_digest_is_of_the_content_not_of_the_place() -> None:
    assert LOCK.digest == LOCK.rebased("http://farm:80").digest
    assert LOCK.digest != LOCK.without({"hero-geo"}).digest


def test_names_of_what_is_edited_and_versions_of_the_rest() -> None:
    assert LOCK.editables == {"hero-model"}
    assert LOCK.versions == {"hero-geo": Version("1.1.0"), "show-config": Version("2.0")}


def test_a_package_is_added_and_taken_away() -> None:
    newer = LockedPackage("hero-geo", "2.0", HERO_GEO.files)
    assert LOCK.with_package(newer).versions["hero-geo"] == Version("2.0")
    assert LOCK.without({"hero-geo", "hero-model"}).packages == (CONFIG,)


@pytest.mark.parametrize(
    ("index_url", "origin"),
    [
        (INDEX, SERVER),
        ("https://studio.example/pipl/root/PROJ/+simple/", "https://studio.example/pipl"),
        ("https://studio.example/root/PROJ/+simple", "https://studio.example"),
        ("https://pypi.example/simple/", "https://pypi.example"),
    ],
)
def test_the_origin_is_the_servers_root(index_url: str, origin: str) -> None:
    assert origin_of(index_url) == origin


@given(st.text(), st.text())
def test_any_text_survives(directory: str, url: str) -> None:
    file = LockedFile("wheel", "x.whl", f"http://x/{url}", SHA)
    packages = (LockedPackage("x", "1", (file,)),)
    if directory:
        packages += (LockedPackage("y", directory=directory),)
    assert Lock.parse(Lock(packages).render()).packages == packages


def lock_text(package: str) -> str:
    return f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\n{package}\n'


WHEEL = f'wheels = [{{ url = "http://x/x-1-py3-none-any.whl", hashes = {{ sha256 = "{SHA}" }} }}]'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage [", ""),
        ("a = " + "[" * 100_000, ""),
        ('created-by = "x"', "lock-version"),
        ('lock-version = "2.0"', "lock-version"),
        ('lock-version = "1.0"\npackages = 3', "packages"),
        ('lock-version = "1.0"\npackages = ["x"]', "packages"),
        (lock_text(WHEEL), "name"),
        (lock_text(f'name = "\u212aamera"\nversion = "1"\n{WHEEL}'), "name"),  # a Kelvin sign
        (lock_text(f'name = "../x"\nversion = "1"\n{WHEEL}'), "name"),
        (lock_text(f'name = "x\\n--index-url=http://evil"\nversion = "1"\n{WHEEL}'), "name"),
        (lock_text(f'name = "x"\nversion = "one"\n{WHEEL}'), "version"),
        (lock_text('name = "x"\nversion = "1"'), "no file"),
        (lock_text('name = "x"\nversion = "1"\nwheels = [{ url = "http://x/x.whl" }]'), "sha256"),
        (
            lock_text(
                'name = "x"\nversion = "1"\n'
                'wheels = [{ url = "http://x/x.whl", hashes = { sha256 = "abc" } }]'
            ),
            "sha256",
        ),
        (
            lock_text(
                'name = "x"\nversion = "1"\n'
                f'wheels = [{{ path = "../x.whl", hashes = {{ sha256 = "{SHA}" }} }}]'
            ),
            "relative",
        ),
        (lock_text('name = "x"\nvcs = { type = "git", url = "http://x" }'), "version-control"),
        (lock_text('name = "x"\ndirectory = { editable = true }'), "path"),
        (lock_text(f'name = "x"\nversion = "1"\nmarker = "; rm"\n{WHEEL}'), "marker"),
    ],
)
def test_what_is_no_lock_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidLock) as caught:
        Lock.parse(text, source="hero-1.0.whl")
    assert caught.value.path == "hero-1.0.whl"
    assert reason in caught.value.reason


def test_a_lock_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidLock, match="pylock"):
        Lock.read(tmp_path / "pylock.toml")
    (tmp_path / "pylock.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidLock, match="pylock"):
        Lock.read(tmp_path / "pylock.toml")


def test_files_beside_a_lock(tmp_path: Path) -> None:
    text = lock_text(
        WHEEL.replace('url = "http://x/', 'path = "../w/').join(['name = "x"\nversion = "1"\n', ""])
    )
    (tmp_path / "pylock.toml").write_text(text, encoding="utf-8")
    (package,) = Lock.read(tmp_path / "pylock.toml").packages
    wheel = tmp_path.parent / "w" / "x-1-py3-none-any.whl"
    assert package.files[0].url == wheel.as_uri()


def test_names_and_hashes_are_normalised_when_read() -> None:
    text = lock_text(f'name = "Show_Config"\nversion = "1"\n{WHEEL.replace(SHA, SHA.upper())}')
    (package,) = Lock.parse(text).packages
    assert package.name == "show-config"
    assert package.files[0] == LockedFile(
        "wheel", "x-1-py3-none-any.whl", "http://x/x-1-py3-none-any.whl", SHA
    )
