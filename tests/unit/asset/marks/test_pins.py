"""Pins live with the project, and damage to them is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipl.asset.marks import pins
from pipl.asset.marks.pins import Pin
from pipl.errors.asset import NotPinned
from pipl.errors.usage import InvalidFile
from pipl.project import folder as project_folder

REVISION = "sha256:" + "ab" * 32


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_folder.create(tmp_path / "Show").folder


def pin(text: str, reason: str = "") -> Pin:
    return Pin(text, (REVISION,), "anna", 12.5, reason)


def test_pins_are_kept_replaced_and_taken_back(project: Path) -> None:
    assert pins.read(project) == ()
    pins.add(project, pin("b"))
    pins.add(project, pin("a", "wäre schade"))
    pins.add(project, pin("b", "again"))
    assert pins.read(project) == (pin("a", "wäre schade"), pin("b", "again"))
    assert pins.remove(project, "b") == pin("b", "again")
    with pytest.raises(NotPinned):
        pins.remove(project, "b")


def test_many_at_once_lose_none(project: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: pins.add(project, pin(f"p{number}")), range(40)))
    assert len(pins.read(project)) == 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "pipl-pins/9", "pins": []}',
        '{"format": "pipl-pins/1", "pins": [{"text": "a"}]}',
        '{"format": "pipl-pins/1", "pins": '
        '[{"text": "a", "revisions": ["x"], "who": "", "at": 1}]}',
    ],
)
def test_damage_is_no_absence(project: Path, text: str) -> None:
    (project / pins.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile):
        pins.read(project)
    with pytest.raises(InvalidFile):
        pins.add(project, pin("a"))
    assert (project / pins.FILE).read_text(encoding="utf-8") == text


def test_a_project_that_is_not_mounted_has_not_lost_its_pins(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile):
        pins.read(tmp_path / "nowhere")
