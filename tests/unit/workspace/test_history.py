"""The locks that a workspace had, and why locks move."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipl.env.install import ALL
from pipl.env.lock import Lock, LockedFile, LockedPackage
from pipl.errors.env import InvalidLock, NoSuchLock
from pipl.errors.usage import InvalidFile
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.workspace import history
from pipl.workspace.changes import EDITED, Change, changes_between, explained
from pipl.workspace.folder import Workspace

BINDING = Binding("Show", "http://pipeline:3141", IndexName("root", "PROJ"))


def lock(**versions: str) -> Lock:
    file = LockedFile("wheel", "a.whl", "http://x/a.whl", "0" * 64)
    return Lock(tuple(LockedPackage(name, number, (file,)) for name, number in versions.items()))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, BINDING)


def keep(workspace: Workspace, number: int, *, restored: int | None = None) -> None:
    lock(hero=f"{number}.0").write(workspace.lock_path)
    history.note(workspace, f"reason {number}", restored=restored)


def test_each_lock_is_kept_once(workspace: Workspace) -> None:
    for number in (1, 1, 2, 2, 1):
        keep(workspace, number)
    entries = history.entries(workspace)
    assert [entry.why for entry in entries] == ["reason 1", "reason 2", "reason 1"]
    assert [str(entry.lock.versions["hero"]) for entry in entries] == ["1.0", "2.0", "1.0"]
    more = dataclasses.replace(workspace, requirements=("hero",))
    history.note(more, "required")
    assert history.entry(workspace, 4).requirements == ("hero",)


def test_going_back_twice_goes_further_back(workspace: Workspace) -> None:
    with pytest.raises(NoSuchLock):
        history.before_last(workspace)
    for number in (1, 2, 3):
        keep(workspace, number)
    assert history.before_last(workspace).number == 2
    keep(workspace, 2, restored=2)
    assert history.before_last(workspace).number == 1
    keep(workspace, 1, restored=1)
    with pytest.raises(NoSuchLock):
        history.before_last(workspace)
    keep(workspace, 7)
    assert history.before_last(workspace).number == 5


def test_it_is_bounded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT", 3)
    for number in range(1, 7):
        keep(workspace, number)
    assert [entry.number for entry in history.entries(workspace)] == [4, 5, 6]
    with pytest.raises(NoSuchLock, match="number 1"):
        history.entry(workspace, 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "pipl-lock-history/9"}', "\udcff"])
def test_a_damaged_entry_says_so_and_new_ones_are_kept(workspace: Workspace, text: str) -> None:
    keep(workspace, 1)
    path = workspace.folder / history.FOLDER / "000001.json"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(InvalidFile, match=r"000001\.json"):
        history.entries(workspace)
    keep(workspace, 2)
    assert history.entry(workspace, 2).why == "reason 2"


def test_a_damaged_lock_in_an_entry(workspace: Workspace) -> None:
    workspace.lock_path.write_text("packages = 3", encoding="utf-8")
    history.note(workspace, "by hand")
    with pytest.raises(InvalidLock, match="number 1"):
        _ = history.entry(workspace, 1).lock


def test_what_moves_and_why() -> None:
    before = lock(hero="1.0", rig="1.0", old="1.0")
    after = lock(hero="1.1", rig="1.2", new="1.0")
    changes = changes_between(before, after)
    assert [(one.name, one.before, one.after) for one in changes] == [
        ("hero", "1.0", "1.1"),
        ("new", None, "1.0"),
        ("old", "1.0", None),
        ("rig", "1.0", "1.2"),
    ]
    requirers = {"hero": ("",), "new": ("rig", "shot"), "rig": ("hero", "shot")}
    why = {one.name: one.why for one in explained(changes, frozenset({"hero"}), requirers)}
    assert why == {
        "hero": "asked for",
        "new": "required by rig",
        "old": "nothing requires it any more",
        "rig": "required by hero",
    }
    why = {one.name: one.why for one in explained(changes, ALL, {})}
    assert why["hero"] == "the newest that is admitted"
    assert why["new"] == "to fit the others"


def test_a_packl_that_is_edited_now_is_no_removal() -> None:
    edited = Lock((LockedPackage("hero", directory="hero", editable=True),))
    assert changes_between(lock(hero="1.0"), edited) == (Change("hero", "1.0", EDITED),)
    assert changes_between(edited, edited) == ()
