"""A project knows of its workspaces."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipl.errors.usage import NotRegistered, NotWritable
from pipl.index.name import IndexName
from pipl.project import folder as project_folder
from pipl.project.binding import Binding
from pipl.workspace import area, folder, registered


def noted(project: project_folder.Project) -> list[Path]:
    return [one.folder for one in registered.all_of(project.folder)[0]]


def test_a_workspace_is_noted_when_it_is_made_and_forgotten_when_deleted(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show")
    workarea = area.create(tmp_path / "work", project.binding)
    made = folder.create(workarea, "hero")
    assert noted(project) == [made.folder]
    folder.delete(made)
    assert noted(project) == []


def test_noting_again_changes_nothing(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show")
    assert registered.note(project.folder, tmp_path / "a")
    assert registered.note(project.folder, tmp_path / "a")
    assert registered.note(project.folder, tmp_path / "b")
    assert noted(project) == [tmp_path / "a", tmp_path / "b"]


def test_a_workspace_bound_by_url_is_noted_nowhere(tmp_path: Path) -> None:
    binding = Binding("Show", "http://pipeline:3141", IndexName("root", "PROJ"))
    made = folder.create(area.create(tmp_path / "work", binding), "hero")
    folder.delete(made)


def test_a_project_that_may_only_be_read_is_left_alone(tmp_path: Path) -> None:
    assert not registered.note(tmp_path / "no project", tmp_path / "a")


def test_forgetting_what_was_never_noted_is_said(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show")
    with pytest.raises(NotRegistered):
        registered.forget(project.folder, tmp_path / "a")


def test_forgetting_without_the_right_to_is_said(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show")
    registered.note(project.folder, tmp_path / "a")
    (note,) = (project.folder / registered.FOLDER).iterdir()
    note.unlink()
    note.mkdir()  # cannot be unlinked, by root neither
    with pytest.raises(NotWritable):
        registered.forget(project.folder, tmp_path / "a")
    registered.forget_if_noted(project.folder, tmp_path / "a")


def test_what_is_seen_of_a_noted_workspace(tmp_path: Path) -> None:
    project = project_folder.create(tmp_path / "Show")
    made = folder.create(area.create(tmp_path / "work", project.binding), "hero")
    (noted_here,) = registered.all_of(project.folder)[0]
    assert folder.state(noted_here) == "there"
    made.folder.rename(tmp_path / "moved")
    assert folder.state(noted_here) == "gone"
    elsewhere = dataclasses.replace(noted_here, host="render01")
    assert "not seen" in folder.state(elsewhere)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "pipl-registered/9"}', "\0" * 200_000])
def test_a_damaged_note_is_named_and_the_others_are_read(tmp_path: Path, text: str) -> None:
    project = project_folder.create(tmp_path / "Show")
    registered.note(project.folder, tmp_path / "a")
    (project.folder / registered.FOLDER / "bad.json").write_text(text, encoding="utf-8")
    found, damaged = registered.all_of(project.folder)
    assert [one.folder for one in found] == [tmp_path / "a"]
    assert "bad.json" in str(damaged[0])
