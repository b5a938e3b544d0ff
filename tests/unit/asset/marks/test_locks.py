"""What workspaces lock is found by its hash, in the environment, or on the server."""

from __future__ import annotations

import pytest

from pipl.asset.marks import locks
from pipl.asset.marks.locks import Listed
from pipl.env.lock import Lock
from pipl.env.locked import LockedFile, LockedPackage
from pipl.errors.asset import MarksUnreadable
from pipl.index.name import IndexName
from pipl.workspace import area
from pipl.workspace import folder as workspace_folder
from pipl.workspace.folder import Workspace

from ..conftest import PROJ, STAGE, Studio

MIRROR = IndexName("root", "pypi")


def locked(studio: Studio, *packages: LockedPackage) -> Workspace:
    """A workspace in a workarea of its own, whose lock holds these packages."""
    workarea = area.create(studio.folder / "work", studio.project.binding)
    workspace = workspace_folder.create(workarea, "hero")
    Lock(packages, origin=studio.project.url).write(workspace.lock_path)
    return workspace


def package(studio: Studio, index: IndexName, name: str, sha256: str) -> LockedPackage:
    filename = f"{name.replace('-', '_')}-1.0.0-py3-none-any.whl"
    url = f"{studio.project.url}/{index}/+f/{sha256[:3]}/{filename}"
    return LockedPackage(name, "1.0.0", (LockedFile("wheel", filename, url, sha256),))


def published(studio: Studio, name: str) -> LockedPackage:
    (held,) = (file for file in studio.client.server.files if file.project == name)
    return package(studio, held.index, name, held.sha256)


def test_a_locked_release_that_was_deleted_keeps_what_it_references(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    studio.publish("hero-geo", "1.0.0", asset, index=STAGE)
    locked(studio, published(studio, "hero-geo"))
    studio.gc()  # sees it once
    studio.client.delete_index(STAGE)
    studio.gc()
    assert studio.held() == studio.parts(asset)


def test_a_locked_wheel_that_nobody_knows_any_more_refuses(studio: Studio) -> None:
    locked(studio, package(studio, PROJ, "hero-geo", "ab" * 32))
    with pytest.raises(MarksUnreadable, match=r"hero-geo 1\.0\.0"):
        studio.gc()


def test_a_locked_wheel_that_is_installed_is_explained(studio: Studio) -> None:
    workspace = locked(studio, package(studio, PROJ, "hero-geo", "ab" * 32))
    site = workspace.environment.folder / "lib" / "python3.11" / "site-packages"
    (site / "hero_geo-1.0.0.dist-info").mkdir(parents=True)
    studio.gc()


def test_another_version_installed_explains_nothing(studio: Studio) -> None:
    workspace = locked(studio, package(studio, PROJ, "hero-geo", "ab" * 32))
    site = workspace.environment.folder / "lib" / "python3.11" / "site-packages"
    (site / "hero_geo-2.0.0.dist-info").mkdir(parents=True)
    with pytest.raises(MarksUnreadable):
        studio.gc()


def test_wheels_of_mirrors_and_of_other_servers_are_none_of_the_projects(studio: Studio) -> None:
    there = package(studio, MIRROR, "numpy", "ab" * 32)
    elsewhere = LockedFile("wheel", "x-1-py3-none-any.whl", "https://example.com/x.whl", "cd" * 32)
    workspace = locked(studio, there, LockedPackage("x", "1", (elsewhere,)))
    found = locks.read_all(studio.project, Listed({}, studio.record, {MIRROR}))
    assert (found.unknown, found.unreadable) == ([], [])
    assert workspace.lock_path.exists()


def test_a_damaged_lock_refuses(studio: Studio) -> None:
    workspace = locked(studio)
    workspace.lock_path.write_text("packages = 3", encoding="utf-8")
    with pytest.raises(MarksUnreadable, match="hero"):
        studio.gc()


def test_a_workspace_in_the_default_workarea_counts_without_a_note(studio: Studio) -> None:
    path = studio.project.workarea / "old"
    path.mkdir()
    (path / ".workspace").write_text('format = "pipl-workspace/1"\n', encoding="utf-8")
    (path / "pylock.toml").write_text("packages = 3", encoding="utf-8")
    with pytest.raises(MarksUnreadable, match="old"):
        studio.gc()
