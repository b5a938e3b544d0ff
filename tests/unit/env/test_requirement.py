"""Requirement lines: one requirement, never an option."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.env import requirement
from pipl.env.lock import Lock, LockedPackage
from pipl.errors.env import InvalidRequirement


def test_requirements_become_single_lines() -> None:
    assert requirement.checked(["hero-geo >= 1 , < 2", 'maya; python_version > "3"']) == [
        "hero-geo<2,>=1",
        'maya; python_version > "3"',
    ]


@pytest.mark.parametrize(
    "text", ["", "-e .", "--index-url=http://x", "-r other.txt", "./folder", "x\n-e .", "x=="]
)
def test_what_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequirement) as caught:
        requirement.checked([text])
    assert caught.value.text == text


def test_a_folder_with_extras() -> None:
    line = requirement.editable(Path("/work/my shot/hero_model"), ("edit", "test"))
    assert line == "-e file:///work/my%20shot/hero_model[edit,test]"
    assert requirement.editable(Path("/a"), ()) == "-e file:///a"


def test_pins_are_of_versions_only() -> None:
    lock = Lock((LockedPackage("a", "1.0"), LockedPackage("b", directory="b", editable=True)))
    assert requirement.pins(lock) == ["a==1.0"]
