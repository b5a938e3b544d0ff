"""Yanking a release, and who may."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.errors.access import LoginNeeded, NotAllowed
from pipl.errors.index import ReleaseNotFound
from pipl.errors.usage import InvalidReason
from pipl.index.release import latest
from pipl.testing.distributions import make_sdist

from .conftest import Server


def test_what_is_yanked_is_not_the_latest(server: Server, tmp_path: Path) -> None:
    index = server.index()
    for version in ("1.0", "1.1"):
        server.root.upload(index, make_sdist(tmp_path, "hero-model", version))
    server.root.yank(server.root.release(index, "hero-model", "1.1"), "flipped normals")
    newest, oldest = server.root.releases(index, "hero-model")
    assert (newest.version, newest.yanked, oldest.yanked) == ("1.1", "flipped normals", None)
    assert latest([newest, oldest]) == oldest
    assert server.root.requirements(index).packls["hero-model"].version == "1.0"
    server.root.yank(oldest, "")
    assert latest(server.root.releases(index, "hero-model")) is None
    assert "hero-model" not in server.root.requirements(index).packls
    server.root.yank(newest, None)
    assert server.root.release(index, "hero-model", "1.1").yanked is None
    assert server.root.requirements(index).packls["hero-model"].version == "1.1"


def test_who_may_not_upload_may_not_yank(server: Server, tmp_path: Path) -> None:
    index = server.index()
    server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    held = server.root.release(index, "hero-model", "1.0")
    with pytest.raises(LoginNeeded):
        server.connect().yank(held, "envy")
    with pytest.raises(NotAllowed):
        server.connect(server.user_name()).yank(held, "envy")
    assert server.root.release(index, "hero-model", "1.0").yanked is None


def test_what_is_not_there_and_what_is_no_reason(server: Server, tmp_path: Path) -> None:
    index, other = server.index(), server.index()
    server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
    held = server.root.release(index, "hero-model", "1.0")
    with pytest.raises(ReleaseNotFound):
        server.root.yank(type(held)(other, held.project, held.version, ()), "")
    for reason in ("two\nlines", "x" * 1001):
        with pytest.raises(InvalidReason):
            server.root.yank(held, reason)
