from __future__ import annotations

import pytest

from pipl.index.name import IndexName
from pipl.index.release import Release, ReleaseFile, latest, newest_first, same_version

INDEX = IndexName("root", "PROJ")


def release(version: str, *filenames: str) -> Release:
    files = tuple(
        ReleaseFile(INDEX, "hero-model", version, name, f"http://h/{name}", "")
        for name in filenames
    )
    return Release(INDEX, "hero-model", version, files)


def test_a_wheel_for_every_platform_comes_first() -> None:
    platform, pure = "hero-1.0-cp311-cp311-linux_x86_64.whl", "hero-1.0-py3-none-any.whl"
    found = release("1.0", "hero-1.0.tar.gz", platform, pure)
    assert found.wheel is not None
    assert found.wheel.filename == pure
    only = release("1.0", "hero-1.0-cp39-cp39-win32.whl", platform).wheel
    assert only is not None
    assert only.filename == platform


def test_the_kinds_of_files() -> None:
    found = release("1.0", "hero-1.0.tar.gz", "hero-1.0-py3-none-any.whl")
    assert [(file.is_sdist, file.is_wheel) for file in found.files] == [
        (True, False),
        (False, True),
    ]
    assert found.sdist == found.files[0]
    assert (release("1.0").wheel, release("1.0").sdist) == (None, None)


def test_newest_first_by_the_rules_for_versions() -> None:
    versions = ["1.9", "odd", "1.10", "1.10rc1", "2!0.1"]
    found = newest_first(release(version) for version in versions)
    assert [one.version for one in found] == ["2!0.1", "1.10", "1.10rc1", "1.9", "odd"]


@pytest.mark.parametrize(
    ("versions", "allow", "expected"),
    [
        (["1.0", "1.1", "2.0a1"], False, "1.1"),
        (["1.0", "1.1", "2.0a1"], True, "2.0a1"),
        (["1.0a1", "1.0a2"], False, "1.0a2"),
        (["odd"], True, None),
        ([], False, None),
    ],
)
def test_the_latest(versions: list[str], allow: bool, expected: str | None) -> None:
    found = latest([release(version) for version in versions], allow_prereleases=allow)
    assert (found.version if found else None) == expected


def test_versions_are_compared_by_meaning() -> None:
    assert same_version("1.0", "1.0.0")
    assert same_version("1.0-ALPHA1", "1.0a1")
    assert not same_version("1.0", "1.1")
    assert same_version("odd", "odd")
    assert not same_version("odd", "1.0")
