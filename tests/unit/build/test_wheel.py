"""Looking into wheels, good and bad, and adding to them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipl.build import wheel
from pipl.errors.build import InvalidWheel
from pipl.testing.simple_index import make_wheel


@pytest.fixture
def hero(tmp_path: Path) -> Path:
    return make_wheel(
        tmp_path,
        "hero-model",
        "1.0.0",
        requires=["hero-geo>=1"],
        extras={"test": ["pytest"]},
        requires_python=">=3.9",
        entry_points={"pipl_pipe.tasks": {"Hero.Model": "hero_model:TASK"}},
    )


def test_a_wheel_describes_itself(hero: Path) -> None:
    found = wheel.describe(hero)
    assert (found.name, found.version) == ("hero-model", "1.0.0")
    assert found.requires == ("hero-geo>=1", 'pytest; extra == "test"')
    assert found.extras == ("test",)
    assert found.requires_python == ">=3.9"
    assert found.entry_points == {"pipl_pipe.tasks": {"Hero.Model": "hero_model:TASK"}}


def test_a_wheel_without_entry_points(tmp_path: Path) -> None:
    found = wheel.describe(make_wheel(tmp_path, "plain", "1"))
    assert found.entry_points == {}
    assert found.requires_python is None


def test_what_is_added_is_read_back_and_in_the_record(hero: Path) -> None:
    wheel.add(hero, {"pylock.toml": "lock-version = '1.0' # ü", "pipl.json": "{}"})
    assert wheel.read_dist_info(hero, "pylock.toml") == "lock-version = '1.0' # ü"
    assert wheel.read_dist_info(hero, "nothing.txt") is None
    record = wheel.read_dist_info(hero, "RECORD") or ""
    assert "hero_model-1.0.0.dist-info/pylock.toml,sha256=" in record
    assert wheel.describe(hero).name == "hero-model"


def test_packages_that_a_wheel_vendors_are_not_taken_for_its_own(tmp_path: Path) -> None:
    path = make_wheel(
        tmp_path, "big", "1", files={"big/_vendor/x-1.dist-info/METADATA": "Name: x\n"}
    )
    assert wheel.describe(path).name == "big"


def test_bytes_that_are_no_wheel(tmp_path: Path) -> None:
    path = tmp_path / "hero-1.0-py3-none-any.whl"
    path.write_bytes(b"no zip")
    with pytest.raises(InvalidWheel):
        wheel.describe(path)
    with pytest.raises(InvalidWheel):
        wheel.add(path, {"x": ""})
    with pytest.raises(InvalidWheel):
        wheel.describe(tmp_path / "gone.whl")


def test_a_truncated_wheel(hero: Path) -> None:
    content = bytearray(hero.read_bytes())
    place = content.find(b"Metadata-Version")
    content[place : place + 8] = b"????????"
    hero.write_bytes(content)
    with pytest.raises(InvalidWheel):
        wheel.describe(hero)


def test_a_wheel_named_for_another_package(hero: Path) -> None:
    other = hero.rename(hero.with_name("villain-1.0.0-py3-none-any.whl"))
    with pytest.raises(InvalidWheel, match="hero"):
        wheel.describe(other)


def test_two_metadata_folders(hero: Path) -> None:
    with zipfile.ZipFile(hero, "a") as archive:
        archive.writestr("other-1.dist-info/METADATA", "Name: other\n")
    with pytest.raises(InvalidWheel, match="2"):
        wheel.describe(hero)


def test_a_member_that_unpacks_to_too_much(hero: Path) -> None:
    with zipfile.ZipFile(hero, "a", zipfile.ZIP_DEFLATED) as archive:
        bomb = b"0" * (wheel.MAX_MEMBER_BYTES + 1)
        archive.writestr("hero_model-1.0.0.dist-info/pylock.toml", bomb)
    with pytest.raises(InvalidWheel, match="larger"):
        wheel.read_dist_info(hero, "pylock.toml")


def test_entry_points_that_cannot_be_read(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, "bad", "1")
    wheel.add(path, {"entry_points.txt": "no section\n"})
    with pytest.raises(InvalidWheel, match="entry_points"):
        wheel.describe(path)
