"""Resolving: the newest that fits, the old where it may stay, and why where nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from pipl.env import python
from pipl.env.install import ALL, Resolve
from pipl.env.lock import Lock
from pipl.errors.env import InvalidRequirement, ResolverFailed, Unresolvable
from pipl.errors.server import ServerDown
from pipl.testing.simple_index import make_wheel, simple_index

from .conftest import Workshop


def versions(lock: Lock) -> dict[str, str | None]:
    return {package.name: package.version for package in lock.packages}


def test_a_lock_holds_the_newest_with_their_hashes(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo")
    assert versions(lock) == {"hero-geo": "2.0", "show-config": "1.0"}
    for package in lock.packages:
        for file in package.files:
            assert len(file.sha256) == 64
            assert file.url.startswith(workshop.index.origin)
    assert lock.origin == workshop.index.origin
    assert lock.index_url == workshop.index.url


def test_a_lock_is_the_same_after_writing_and_reading(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-rig")
    assert Lock.parse(lock.render()) == lock


def test_nothing_wanted_is_an_empty_lock(workshop: Workshop) -> None:
    assert workshop.resolve().packages == ()


def test_an_older_version_is_found_where_the_newest_does_not_fit(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-rig", "maya>=2026")
    assert versions(lock)["hero-rig"] == "2.0"


def test_a_conflict_is_explained(workshop: Workshop) -> None:
    with pytest.raises(Unresolvable) as caught:
        workshop.resolve("hero-rig>=2.1", "maya==2026.1")
    explanation = caught.value.explanation
    for part in ("hero-rig", "maya<2026", "maya==2026.1"):
        assert part in explanation
    for noise in ("Downloading", "Collecting", "Looking in", "Resolved", "WARNING", "\x1b"):
        assert noise not in explanation


def test_a_dependency_that_nobody_has_is_named(workshop: Workshop) -> None:
    make_wheel(workshop.index.folder, "needy", "1.0", requires=["nobody-has-this"])
    with pytest.raises(Unresolvable, match="nobody-has-this"):
        workshop.resolve("needy")


def test_an_unfit_python_is_named(workshop: Workshop) -> None:
    make_wheel(workshop.index.folder, "futuristic", "1.0", requires_python=">=4")
    with pytest.raises(Unresolvable, match=">=4"):
        workshop.resolve("futuristic")


def test_pre_releases_count_where_there_is_nothing_else(workshop: Workshop) -> None:
    assert versions(workshop.resolve("alpha-only", "next")) == {
        "alpha-only": "1.0a1",
        "next": "1.0",
    }


def test_pre_releases_count_where_they_are_named(workshop: Workshop) -> None:
    assert versions(workshop.resolve("next>=2.0rc1"))["next"] == "2.0rc1"


def test_what_is_locked_stays_until_it_is_upgraded(workshop: Workshop) -> None:
    old = workshop.resolve("hero-geo<2", "maya<2026")
    kept = workshop.resolve("hero-geo", "maya", prefer=old)
    assert versions(kept) == versions(old)
    moved = workshop.resolve("hero-geo", "maya", prefer=old, upgrade=frozenset({"maya"}))
    assert versions(moved) == {**versions(old), "maya": "2026.1"}
    newest = workshop.resolve("hero-geo", "maya", prefer=old, upgrade=ALL)
    assert versions(newest) == {"hero-geo": "2.0", "maya": "2026.1", "show-config": "1.0"}


def test_what_is_locked_moves_where_it_must(workshop: Workshop) -> None:
    old = workshop.resolve("maya")
    lock = workshop.resolve("maya", "hero-rig>=2.1", prefer=old)
    assert versions(lock)["maya"] == "2025.0"


def test_a_lock_from_where_the_server_was_is_still_preferred(workshop: Workshop) -> None:
    old = workshop.resolve("hero-geo<2").rebased("http://127.0.0.1:9")
    assert versions(workshop.resolve("hero-geo", prefer=old))["hero-geo"] == "1.1"


def test_constraints_limit_what_is_required_anyway(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo", constraints=("hero-geo<1.1", "maya==2025.0"))
    assert versions(lock) == {"hero-geo": "1.0", "show-config": "1.0"}


def test_a_published_version_is_seen_at_once(workshop: Workshop) -> None:
    assert versions(workshop.resolve("hero-geo"))["hero-geo"] == "2.0"
    make_wheel(workshop.index.folder, "hero-geo", "2.1")
    assert versions(workshop.resolve("hero-geo"))["hero-geo"] == "2.1"


def test_a_server_that_is_down_is_said_quickly(workshop: Workshop, tmp_path: Path) -> None:
    with simple_index(tmp_path) as gone:
        pass
    workshop.index = gone
    with pytest.raises(ServerDown) as caught:
        workshop.resolve("hero-geo")
    assert caught.value.url == gone.origin


def test_a_requirement_cannot_smuggle_an_option_in(workshop: Workshop) -> None:
    with pytest.raises(InvalidRequirement):
        workshop.resolve("--index-url=http://127.0.0.1:9/")


def test_a_packl_that_cannot_be_built_stops_the_resolver(workshop: Workshop) -> None:
    packl = workshop.root / "hero_model"
    packl.mkdir()
    (packl / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        "[project]\nname = 'hero-model'\ndynamic = ['version']\n",
        encoding="utf-8",
    )
    (packl / "backend.py").write_text("raise SystemExit('the backend gave up')", encoding="utf-8")
    with pytest.raises(ResolverFailed, match="the backend gave up"):
        workshop.resolve(editables=(packl,))


def test_a_pre_release_by_name_which_then_stays(workshop: Workshop) -> None:
    early = workshop.resolve("next", prereleases=frozenset({"next"}))
    assert early.versions["next"] == Version("2.0rc1")
    assert workshop.resolve("next", prefer=early).versions == early.versions
    moved = workshop.resolve("next", prefer=early, upgrade=frozenset({"next"}))
    assert moved.versions["next"] == Version("1.0")
    assert workshop.resolve("next", prereleases=ALL).versions == early.versions


def test_who_requires_what(workshop: Workshop) -> None:
    wanted = Resolve(
        requirements=("hero-rig",),
        root=workshop.root,
        index_url=workshop.index.url,
        python=python.find(),
    )
    lock = workshop.installer.resolve(wanted)
    assert workshop.installer.requirers(wanted, lock) == {
        "hero-rig": ("",),
        "hero-geo": ("hero-rig",),
        "maya": ("hero-rig",),
        "show-config": ("hero-geo",),
    }
    assert {package.index for package in lock.packages} == {workshop.index.url}


def test_whether_there_is_anything_to_do(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo")

    def is_current(wanted: Lock) -> bool:
        return workshop.installer.is_current(
            workshop.environment, wanted, root=workshop.root, index_url=workshop.index.url
        )

    workshop.sync(lock)
    assert is_current(lock)
    assert not is_current(lock.without({"show-config"}))
    assert not is_current(workshop.resolve("hero-geo==1.0"))
    assert not is_current(workshop.resolve("hero-geo", "next"))
