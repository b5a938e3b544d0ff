"""The outbox counts as a whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.ci import outbox


@pytest.fixture
def made(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "b.whl", tmp_path / "a.whl"]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_what_was_put_in_is_held(tmp_path: Path, made: list[Path]) -> None:
    box = tmp_path / "outbox"
    assert outbox.fill(box, made) == (box / "a.whl", box / "b.whl")
    assert outbox.held(box) == (box / "a.whl", box / "b.whl")
    assert (box / "a.whl").read_bytes() == b"a.whl"


def test_a_task_may_make_nothing(tmp_path: Path) -> None:
    assert outbox.fill(tmp_path / "outbox", []) == ()
    assert outbox.held(tmp_path / "outbox") == ()


def test_without_its_manifest_it_holds_nothing(tmp_path: Path, made: list[Path]) -> None:
    box = tmp_path / "outbox"
    assert outbox.held(box) is None
    outbox.fill(box, made)
    (box / outbox.MANIFEST).unlink()
    assert outbox.held(box) is None


@pytest.mark.parametrize("damage", [b"", b"other"])
def test_a_damaged_file_does_not_count(tmp_path: Path, made: list[Path], damage: bytes) -> None:
    box = tmp_path / "outbox"
    outbox.fill(box, made)
    (box / "a.whl").write_bytes(damage)
    assert outbox.held(box) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "pipl-outbox/1", "files": 3}'])
def test_a_damaged_manifest_does_not_count(tmp_path: Path, text: str) -> None:
    (tmp_path / outbox.MANIFEST).write_text(text)
    assert outbox.held(tmp_path) is None


def test_filling_it_again_leaves_nothing_of_before(tmp_path: Path, made: list[Path]) -> None:
    box = tmp_path / "outbox"
    outbox.fill(box, made)
    outbox.fill(box, made[:1])
    assert sorted(path.name for path in box.iterdir()) == ["b.whl", "manifest.json"]
