"""Creating and finding projects."""

from pathlib import Path

import pytest

from pipl.errors.usage import (
    InvalidFile,
    InvalidName,
    NestedProject,
    NoProject,
    NotWritable,
    PathExists,
)
from pipl.project import folder


def test_a_project_is_found_from_anywhere_below_it(tmp_path: Path) -> None:
    project = folder.create(tmp_path / "Show", port=4000)
    below = project.workarea / "a" / "b"
    below.mkdir(parents=True)
    assert folder.find(below) == project
    assert project.url == "http://localhost:4000"


def test_the_secrets_are_for_the_owner_only(tmp_path: Path) -> None:
    project = folder.create(tmp_path / "Show")
    assert project.secrets.stat().st_mode & 0o777 == 0o700


def test_an_existing_path_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Show").mkdir()
    (tmp_path / "Show" / "precious").write_text("x", encoding="utf-8")
    with pytest.raises(PathExists):
        folder.create(tmp_path / "Show")
    assert [path.name for path in (tmp_path / "Show").iterdir()] == ["precious"]


def test_a_project_inside_a_project_is_refused(tmp_path: Path) -> None:
    outer = folder.create(tmp_path / "Show")
    with pytest.raises(NestedProject) as caught:
        folder.create(outer.folder / "deep" / "Inner")
    assert caught.value.outer == str(outer.folder)
    assert not (outer.folder / "deep").exists()


def test_an_unwritable_parent_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotWritable):
        folder.create(tmp_path / "file" / "Show")


def test_a_strange_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidName):
        folder.create(tmp_path / "-rf")


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(NoProject):
        folder.find(tmp_path)


def test_a_damaged_mark_is_named(tmp_path: Path) -> None:
    project = folder.create(tmp_path / "Show")
    (project.folder / ".pipl").write_text("name = [", encoding="utf-8")
    with pytest.raises(InvalidFile, match=r"\.pipl"):
        folder.find(project.folder)
