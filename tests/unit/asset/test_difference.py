"""Generations are compared by content, frames told as ranges."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.asset import difference, sides
from pipl.asset.difference import Group
from pipl.errors.usage import PathMissing

from .conftest import Studio


def tree(folder: Path, content: dict[str, str]) -> difference.Tree:
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return difference.of_path(folder)


def test_frames_are_ranges_and_other_files_stand_alone(tmp_path: Path) -> None:
    before = tree(tmp_path / "a", {f"b.{n:04d}.exr": "x" for n in range(1, 5)})
    names = {f"b.{n:04d}.exr": "xy" for n in (1, 2, 4, 7, 8)}
    after = tree(tmp_path / "b", {**names, "sub/notes.txt": "n"})
    found = difference.compare(before, after)
    assert found.added == (Group("b.####.exr", "7-8", 2, 4), Group("sub/notes.txt", "", 1, 1))
    assert found.removed == (Group("b.0003.exr", "", 1, 1),)
    assert found.changed == (Group("b.####.exr", "1-2,4", 3, 6, before=3),)
    assert found.same == 0


def test_equal_sizes_are_read(tmp_path: Path) -> None:
    before = tree(tmp_path / "a", {"x.txt": "one", "y.txt": "same"})
    after = tree(tmp_path / "b", {"x.txt": "two", "y.txt": "same"})
    found = difference.compare(before, after)
    assert [one.path for one in found.changed] == ["x.txt"]
    assert (found.same, found.is_empty) == (1, False)
    assert difference.compare(before, before).is_empty


def test_a_stored_folder_against_its_source(studio: Studio) -> None:
    source = studio.files(a_txt="a", b_txt="b")
    asset = studio.add(source)
    stored = sides.of_reference(asset, studio.objects)
    assert difference.compare(stored, difference.of_path(source)).is_empty


def test_two_files_are_compared_whatever_their_names(studio: Studio) -> None:
    one = studio.files(a_txt="old") / "a.txt"
    asset = studio.add(one)
    other = studio.files(b_txt="newer") / "b.txt"
    found = difference.compare(sides.of_reference(asset, studio.objects), difference.of_path(other))
    assert found.changed == (Group("", "", 1, 5, before=3),)


def test_what_means_a_path(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert sides.is_path("here", tmp_path)
    assert sides.is_path("./x", tmp_path)
    assert not sides.is_path("x", tmp_path)
    assert not sides.is_path("hero_geo==1.0/model", tmp_path)
    with pytest.raises(PathMissing):
        sides.on_disk("./nowhere", tmp_path)
