"""What is told where no library is installed, and without asking one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipl_pipe.asset import File, Sequence
from pipl_pipe.asset.facts import reading
from pipl_pipe.asset.facts.reading import Subject


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No library, and a process would be a fault."""
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)
    monkeypatch.setitem(sys.modules, "pxr", None)

    def refuse(*args: Any, **options: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)


def frames(folder: Path, *numbers: int) -> Path:
    folder.mkdir()
    for number in numbers:
        (folder / f"beauty.{number}.exr").write_bytes(b"no image")
    return folder


def test_files_have_no_facts_without_libraries(tmp_path: Path) -> None:
    for name in ("a.exr", "a.usda", "a.txt", "a"):
        (tmp_path / name).write_bytes(b"#usda 1.0\n")
        assert File.facts_of(tmp_path / name) == {}


def test_frames_are_counted_without_libraries(tmp_path: Path) -> None:
    facts = Sequence.facts_of(frames(tmp_path / "frames", 1001, 1003))
    assert facts["first_frame"] == 1001
    assert facts["missing_frames"] == "1002"


def test_the_middle_frame_is_shown(tmp_path: Path) -> None:
    folder = frames(tmp_path / "frames", 9, 10, 11)
    asked = reading.subject(folder, "sequence", thumbnail=tmp_path / "t.jpg")
    assert (asked.file, asked.kind) == (folder / "beauty.10.exr", "image")
    assert asked.thumbnail == tmp_path / "t.jpg"


def test_frames_that_are_no_images_are_counted(tmp_path: Path) -> None:
    (tmp_path / "fx").mkdir()
    (tmp_path / "fx" / "smoke.0001.vdb").write_bytes(b"")
    asked = reading.subject(tmp_path / "fx", "sequence")
    assert (asked.file, asked.facts["frame_count"]) == (None, 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.usdc")
    assert reading.subject(tmp_path / "a.usdc", "file") == Subject({})
    (tmp_path / "frames").mkdir()
    os.mkfifo(tmp_path / "frames" / "a.1001.exr")
    assert reading.subject(tmp_path / "frames", "sequence").file is None


def test_a_folder_is_not_searched(tmp_path: Path) -> None:
    assert reading.subject(frames(tmp_path / "maps", 1), "folder") == Subject({})


def test_the_extension_says_who_is_asked(tmp_path: Path) -> None:
    (tmp_path / "a.EXR").write_bytes(b"")
    assert reading.subject(tmp_path / "a.EXR", "file").kind == "image"
    (tmp_path / "a.usdc").write_bytes(b"PXR-USDC" + bytes(80))
    assert reading.subject(tmp_path / "a.usdc", "file").kind == "usd"


def test_what_does_not_start_as_a_layer_is_not_asked_about(tmp_path: Path) -> None:
    (tmp_path / "a.usdc").write_bytes(b"points")
    asked = reading.subject(tmp_path / "a.usdc", "file")
    assert asked.file is None
    assert "a.usdc" in reading.read([asked])[0].notes[0]


def test_the_executable_of_another_program_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pxr")
    (tmp_path / "pxr.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "a.usda").write_text("#usda 1.0\n")
    with pytest.raises(AssertionError, match="was started"):
        File.facts_of(tmp_path / "a.usda")
    monkeypatch.setattr(sys, "executable", "/opt/houdini/bin/houdini")
    assert File.facts_of(tmp_path / "a.usda") == {}
