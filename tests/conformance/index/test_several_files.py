"""Releases of more than one file, as a publish makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.errors.index import VersionTaken
from pipl.testing.distributions import make_sdist
from pipl.testing.simple_index import make_wheel

from .conftest import Server


def test_they_are_one_release(server: Server, tmp_path: Path) -> None:
    index = server.index()
    server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    server.root.upload(index, make_wheel(tmp_path, "hero-model", "1.0"))
    (release,) = server.root.releases(index, "hero-model")
    assert release.sdist is not None
    assert release.wheel is not None
    assert release.wheel.filename == "hero_model-1.0-py3-none-any.whl"
    arrived = server.root.download(release.wheel, tmp_path / "arrived.whl")
    assert arrived.read_bytes() == (tmp_path / release.wheel.filename).read_bytes()


def test_all_are_pushed(server: Server, tmp_path: Path) -> None:
    stage, target = server.index(), server.index()
    server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
    server.root.upload(stage, make_wheel(tmp_path, "hero-model", "1.0"))
    release = server.root.release(stage, "hero-model", "1.0")
    server.root.push(release, target)
    arrived = server.root.release(target, "hero-model", "1.0")
    assert {file.sha256 for file in arrived.files} == {file.sha256 for file in release.files}


def test_what_came_later_is_pushed_to_the_rest(server: Server, tmp_path: Path) -> None:
    """The sdist was promoted before the wheel came."""
    stage, target = server.index(), server.index()
    server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
    server.root.push(server.root.release(stage, "hero-model", "1.0"), target)
    server.root.upload(stage, make_wheel(tmp_path, "hero-model", "1.0"))
    release = server.root.release(stage, "hero-model", "1.0")
    server.root.push(release, target)
    arrived = server.root.release(target, "hero-model", "1.0")
    assert {file.sha256 for file in arrived.files} == {file.sha256 for file in release.files}


def test_one_that_differs_keeps_all_away(server: Server, tmp_path: Path) -> None:
    stage, target = server.index(), server.index()
    server.root.upload(stage, make_wheel(tmp_path, "hero-model", "1.0"))
    server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
    other = make_sdist(tmp_path / "other", "hero-model", "1.0", payload=b"changed")
    server.root.upload(target, other)
    with pytest.raises(VersionTaken):
        server.root.push(server.root.release(stage, "hero-model", "1.0"), target)
    (release,) = server.root.releases(target, "hero-model")
    assert [file.filename for file in release.files] == ["hero_model-1.0.tar.gz"]
