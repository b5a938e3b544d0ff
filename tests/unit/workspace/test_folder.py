"""Workareas and workspaces: found from inside, bound by folder or by URL."""

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipl.env.choice import choose
from pipl.errors.usage import InvalidName, NotWritable, NoWorkarea, NoWorkspace, PathExists
from pipl.index.name import IndexName
from pipl.project import folder as project_folder
from pipl.project.binding import Binding
from pipl.workspace import area, folder, locking
from pipl.workspace.place import Place

REMOTE = Binding("Show", "http://pipeline:3141", IndexName("root", "PROJ"))


def test_a_workarea_bound_by_url_needs_no_project_folder(tmp_path: Path) -> None:
    area.create(tmp_path / "work", REMOTE)
    assert area.find(tmp_path / "work").binding == REMOTE


def test_a_projects_own_workarea_needs_no_mark(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show")
    found = area.find(project.workarea)
    assert (found.folder, found.binding) == (project.workarea, project.binding)


def test_a_workarea_follows_its_project_to_another_port(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show", port=4000)
    area.create(tmp_path / "work", project.binding)
    project_folder.with_port(project, 5000)
    assert area.find(tmp_path / "work").binding.url == "http://localhost:5000"


def test_a_workarea_needs_an_empty_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PathExists):
        area.create(tmp_path, REMOTE)
    with pytest.raises(NoWorkarea):
        area.find(tmp_path)


def test_a_workspace_is_found_from_a_packl_inside(tmp_path: Path) -> None:
    workarea = area.create(tmp_path / "work", REMOTE)
    made = folder.create(workarea, "hero", python="3.11")
    packl = made.folder / "hero_model"
    packl.mkdir()
    (packl / "pyproject.toml").touch()
    found = folder.find(packl)
    assert found == made
    assert found.edited == (packl,)
    assert folder.in_area(workarea) == ((made,), ())


def test_a_damaged_mark_does_not_hide_the_others(tmp_path: Path) -> None:
    workarea = area.create(tmp_path / "work", REMOTE)
    made = folder.create(workarea, "hero")
    other = folder.create(workarea, "villain")
    (other.folder / ".workspace").write_text("= 3", encoding="utf-8")
    found, damaged = folder.in_area(workarea)
    assert found == (made,)
    assert "villain" in str(damaged[0])


def test_requirements_are_remembered(tmp_path: Path) -> None:
    made = folder.create(area.create(tmp_path / "work", REMOTE), "hero")
    folder.save(dataclasses.replace(made, requirements=("hero-geo>=1",)))
    assert folder.load(made.folder).requirements == ("hero-geo>=1",)


@pytest.mark.parametrize("name", ["../out", "", ".hidden", "a/b", "x" * 200])
def test_names_that_leave_the_workarea_are_refused(tmp_path: Path, name: str) -> None:
    workarea = area.create(tmp_path / "work", REMOTE)
    with pytest.raises(InvalidName):
        folder.create(workarea, name)


def test_an_existing_workspace_is_left_alone(tmp_path: Path) -> None:
    workarea = area.create(tmp_path / "work", REMOTE)
    folder.create(workarea, "hero")
    with pytest.raises(PathExists):
        folder.create(workarea, "hero")


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "no space")])
def test_what_is_interrupted_while_it_is_made_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def stopped(workspace: object) -> None:
        raise fault

    monkeypatch.setattr(folder, "note", stopped)
    workarea = area.mark(tmp_path, REMOTE)
    with pytest.raises((KeyboardInterrupt, NotWritable)):
        folder.create(workarea, "hero")
    assert not (tmp_path / "hero").exists()


def test_two_at_once_make_one(tmp_path: Path) -> None:
    workarea = area.mark(tmp_path, REMOTE)

    def make(_: int) -> str:
        try:
            return folder.create(workarea, "hero").name
        except PathExists:
            return "exists"

    with ThreadPoolExecutor(8) as pool:
        made = sorted(pool.map(make, range(8)))
    assert made == ["exists"] * 7 + ["hero"]
    assert folder.load(tmp_path / "hero").name == "hero"


def test_deleting_copes_with_read_only_assets(tmp_path: Path) -> None:
    made = folder.create(area.create(tmp_path / "work", REMOTE), "hero")
    kept = made.assets / "hero_geo" / "textures"
    kept.mkdir(parents=True)
    (kept / "a.png").touch(mode=0o444)
    kept.chmod(0o555)
    folder.delete(made)
    with pytest.raises(NoWorkspace):
        folder.find(made.folder)


def test_another_users_workspace_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = folder.create(area.create(tmp_path / "work", REMOTE), "hero")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    place = Place(made.folder, made.binding, {})
    with pytest.raises(NotWritable, match="hero"):
        locking.sync(made, choose("pip", {}), place)
