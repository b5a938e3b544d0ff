"""From an asset type's facts to the wheel of a product."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Mapping

import pytest

from pipl_pipe.asset import Asset, asset_types, registered, types
from pipl_pipe.asset.facts import recording
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.product.make import Release
from pipl_pipe.task import Job, Task
from pipl_pipe.task.process import Places, process

from ...conftest import Site


@pytest.fixture(autouse=True)
def own_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "_registered", dict(types._registered))


def a_type(answer: Any) -> str:
    @registered
    class Counted(Asset):
        extension = "txt"

        @classmethod
        def facts_of(cls, source: Path) -> Mapping[str, Any]:
            if isinstance(answer, Exception):
                raise answer
            return {**super().facts_of(source), **answer} if answer else answer  # type: ignore[no-any-return]

    assert "Counted" in asset_types()
    return "Counted"


def found_by(answer: Any, tmp_path: Path) -> Any:
    source = tmp_path / "a.txt"
    source.write_text("three words here")
    kind = a_type(answer)
    return recording.record([(kind, source), (kind, source)], tmp_path)[kind, source]


def test_a_type_of_ones_own_says_its_facts(show: Site, tmp_path: Path) -> None:
    found = found_by({"words": 3, "authors": ("ann", "bob")}, tmp_path)
    assert (found.facts, found.notes) == ({"authors": ["ann", "bob"], "words": 3}, ())


@pytest.mark.parametrize("answer", [OSError("no"), RuntimeError("broken"), None, 7, {"Bad": 1}])
def test_a_broken_hook_is_a_note(answer: Any, show: Site, tmp_path: Path) -> None:
    found = found_by(answer, tmp_path)
    assert found.facts == {}
    assert str(tmp_path / "a.txt") in found.notes[0]


def test_a_source_that_is_gone_has_no_facts(show: Site, tmp_path: Path) -> None:
    missing = tmp_path / "gone.usdc"
    found = recording.record([("UsdCrate", missing)], tmp_path)["UsdCrate", missing]
    assert (found.facts, found.thumbnail) == ({}, None)


class Counting(Task):
    def process(self, job: Job) -> None:
        (job.scratch / "a.txt").write_text("three words here")
        (job.scratch / "shots").mkdir()
        (job.scratch / "shots" / "a.1001.dat").write_bytes(b"x")
        product = job.product("hero_notes")
        product.add("notes", "Counted", job.scratch / "a.txt")
        product.add("shots", "Sequence", job.scratch / "shots")


def processed(show: Site, folder: Path, store: MemoryStore) -> Any:
    places = Places(folder / "scratch", folder / "out", folder / "work", folder / "view")
    for one in (folder, places.scratch, places.out, places.workspace, places.view):
        one.mkdir()
    release = Release("hero-model", "1.0.0", "c" * 64)
    return process(Counting("hero_model"), release, places, store)[0]


def test_facts_are_in_the_wheel(show: Site, tmp_path: Path, store: MemoryStore) -> None:
    show.install("hero-model", requires=["show-pipe"])
    a_type({"words": 3})
    made = processed(show, tmp_path / "one", store)
    with zipfile.ZipFile(made.wheel) as wheel:
        content = json.loads(wheel.read("hero_notes/assets.json"))
    notes, shots = content["assets"]
    assert notes["facts"] == {"words": 3}
    assert shots["facts"]["first_frame"] == 1001
    assert "thumbnail" not in shots
    assert processed(show, tmp_path / "two", store).sha256 == made.sha256


def test_the_note_is_said(
    show: Site, tmp_path: Path, store: MemoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    show.install("hero-model", requires=["show-pipe"])
    a_type(RuntimeError("the counter broke"))
    made = processed(show, tmp_path / "one", store)
    assert made.assets[0].facts == {}
    assert "the counter broke" in capsys.readouterr().err
