"""Answers that are known: which question they are of, and how long they count."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from pipl.env import known as known_locks
from pipl.env.install import ALL, NearbyIndex, Resolve
from pipl.env.known import MIRRORED_S, Known
from pipl.env.lock import Lock, LockedFile, LockedPackage
from pipl.env.python import running

HOME = "http://pipeline:3141/root/PROJ/+simple/"
INDEX = NearbyIndex("file:///pages", "one 3", frozenset({HOME}), whole=True)


def locked(name: str, version: str, index: str | None = HOME) -> LockedPackage:
    file = LockedFile("wheel", f"{name}.whl", f"http://pipeline:3141/{name}.whl", "ab" * 32)
    return LockedPackage(name, version, files=(file,), index=index)


def lock_of(*packages: LockedPackage) -> Lock:
    return Lock(packages, ">=3.11", HOME, "http://pipeline:3141")


LOCK = lock_of(locked("hero-geo", "1.0"))


@pytest.fixture
def known(tmp_path: Path) -> Known:
    program = tmp_path / "uv"
    program.write_text("")
    return Known(program, {"PIPL_CACHE_DIR": str(tmp_path / "cache")})


@pytest.fixture
def asked(tmp_path: Path) -> Resolve:
    return Resolve(("hero-geo",), tmp_path, HOME, running())


def test_a_question_is_answered_as_it_was(known: Known, asked: Resolve) -> None:
    assert known.answer(asked, INDEX) is None
    known.note(asked, INDEX, LOCK)
    assert known.answer(asked, INDEX) == LOCK


def test_another_question_is_not(
    known: Known, asked: Resolve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.note(asked, INDEX, LOCK)
    others = (
        replace(asked, requirements=("hero-geo>=1",)),
        replace(asked, constraints=("hero-geo<9",)),
        replace(asked, prefer=LOCK),
        replace(asked, upgrade=frozenset({"hero-geo"})),
        replace(asked, upgrade=ALL),
        replace(asked, prereleases=ALL),
        replace(asked, platforms=("linux",)),
        replace(asked, index_url="http://pipeline:3141/root/other/+simple/"),
        replace(asked, python=replace(asked.python, path=tmp_path / "python")),
        replace(asked, editables=(tmp_path,)),
        replace(asked, as_of="2026-03-01T12:00:00Z"),
    )
    assert [known.answer(other, INDEX) for other in others] == [None] * len(others)
    assert known.answer(asked, INDEX._replace(state="one 4")) is None
    newer = replace(asked, python=replace(asked.python, version=Version("3.99.0")))
    assert known.answer(newer, INDEX) is None
    elsewhere = {"PIPL_CACHE_DIR": str(tmp_path / "cache"), "MACOSX_DEPLOYMENT_TARGET": "12.0"}
    assert Known(tmp_path / "uv", elsewhere).answer(asked, INDEX) is None
    with monkeypatch.context() as patch:
        patch.setattr(os, "uname", lambda: "another machine", raising=False)
        assert known.answer(asked, INDEX) is None
    assert known.answer(asked, INDEX) == LOCK
    (tmp_path / "uv").write_text("a newer one")
    assert known.answer(asked, INDEX) is None
    (tmp_path / "uv").unlink()
    known.note(asked, INDEX, LOCK)
    assert known.answer(asked, INDEX) is None


def test_what_was_preferred_and_stays_is_given_as_it_was(known: Known, asked: Resolve) -> None:
    before = lock_of(replace(locked("hero-geo", "1.0"), requires_python=">=3.11"))
    again = replace(asked, prefer=before)
    known.note(again, INDEX, LOCK)  # a resolver says nothing of who chose the Python
    assert known.answer(again, INDEX) is before


def test_what_is_of_elsewhere_is_not_remembered(
    known: Known, asked: Resolve, tmp_path: Path
) -> None:
    for index in (None, "http://pipeline:3141/root/pypi/+simple/"):
        mixed = lock_of(locked("hero-geo", "1.0"), locked("numpy", "2.0", index))
        known.note(asked, INDEX, mixed)
        known.note(replace(asked, prefer=mixed), INDEX, LOCK)
    known.note(replace(asked, editables=(tmp_path,)), INDEX, LOCK)
    assert not (tmp_path / "cache").exists()


def test_what_a_mirror_might_change_counts_for_a_while(
    known: Known, asked: Resolve, tmp_path: Path
) -> None:
    mirrored = INDEX._replace(whole=False)
    kept = replace(asked, prefer=LOCK)
    moved = replace(asked, prefer=LOCK, upgrade=frozenset({"hero-geo"}))
    for question in (asked, kept, moved):
        known.note(question, mirrored, LOCK)
        assert known.answer(question, mirrored) == LOCK
    for age_s in (MIRRORED_S + 1, -MIRRORED_S):  # a clock may have been ahead
        then = time.time() - age_s
        for path in (tmp_path / "cache" / "answers").iterdir():
            os.utime(path, (then, then))
        assert known.answer(asked, mirrored) is None
        assert known.answer(moved, mirrored) is None
    assert known.answer(kept, mirrored) == LOCK  # pins that hold stay whatever is elsewhere
    assert known.answer(asked, INDEX) == LOCK


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\xff", b'lock-version = "1.0"', None])
def test_a_damaged_answer_is_none(
    known: Known, asked: Resolve, tmp_path: Path, damage: bytes | None
) -> None:
    known.note(asked, INDEX, LOCK)
    (path,) = (tmp_path / "cache" / "answers").iterdir()
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    assert known.answer(asked, INDEX) is None


def test_the_oldest_answers_go(
    known: Known, asked: Resolve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_locks, "_MOST", 10)
    questions = [replace(asked, requirements=(f"hero-geo>={number}",)) for number in range(11)]
    folder = tmp_path / "cache" / "answers"
    for age, question in enumerate(reversed(questions)):
        known.note(question, INDEX, LOCK)
        for path in folder.iterdir():
            status = path.stat()
            os.utime(path, (status.st_mtime - age, status.st_mtime - age))
    assert len(list(folder.iterdir())) == 9
    assert known.answer(questions[0], INDEX) == LOCK
    assert known.answer(questions[10], INDEX) is None


def test_where_nothing_can_be_kept_nothing_is(asked: Resolve, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("")
    (tmp_path / "file").write_text("")
    known = Known(tmp_path / "uv", {"PIPL_CACHE_DIR": str(tmp_path / "file")})
    known.note(asked, INDEX, LOCK)
    assert known.answer(asked, INDEX) is None
