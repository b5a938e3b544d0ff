from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from pipl_pipe.errors import WroteOutside
from pipl_pipe.task import guard, snapshot
from pipl_pipe.task.guard import Guard


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a file and an empty folder, next to scratch."""
    (tmp_path / "outside" / "empty").mkdir(parents=True)
    (tmp_path / "outside" / "file").write_bytes(b"mine")
    return tmp_path / "outside"


@pytest.fixture
def watched(scratch: Path, outside: Path) -> Iterator[Guard]:
    with guard.guarded("hero_model", scratch) as watched:
        yield watched


Attempt = Callable[[Path, Path], Any]
WRITES = {
    "open w": lambda out, _: (out / "new").open("w"),
    "open a": lambda out, _: (out / "file").open("ab"),
    "open r+": lambda out, _: (out / "file").open("r+b"),
    "open x": lambda out, _: (out / "new").open("x"),
    "open bytes": lambda out, _: open(os.fsencode(out / "new"), "w"),  # noqa: PTH123, SIM115
    "os.open": lambda out, _: os.open(out / "new", os.O_WRONLY | os.O_CREAT),
    "os.open trunc": lambda out, _: os.open(out / "file", os.O_RDONLY | os.O_TRUNC),
    "write_text": lambda out, _: (out / "new").write_text("x"),
    "mkdir": lambda out, _: (out / "new").mkdir(),
    "makedirs": lambda out, _: os.makedirs(out / "a" / "b"),  # noqa: PTH103
    "remove": lambda out, _: (out / "file").unlink(),
    "rmdir": lambda out, _: (out / "empty").rmdir(),
    "rmtree": lambda out, _: shutil.rmtree(out),
    "rename in": lambda out, inn: (out / "file").rename(inn / "stolen"),
    "rename out": lambda out, inn: (inn / "ours").replace(out / "new"),
    "move": lambda out, inn: shutil.move(inn / "ours", out / "new"),
    "copy": lambda out, inn: shutil.copy(inn / "ours", out / "new"),
    "link out": lambda out, inn: os.link(inn / "ours", out / "new"),
    "link in": lambda out, inn: os.link(out / "file", inn / "alias"),
    "symlink": lambda out, inn: (out / "new").symlink_to(inn / "ours"),
    "through a symlink": lambda out, inn: (inn / "door" / "new").write_text("x"),
    "dotted": lambda out, inn: (inn / ".." / "outside" / "new").write_text("x"),
    "truncate": lambda out, _: os.truncate(out / "file", 1),
    "chmod": lambda out, _: (out / "file").chmod(0o777),
    "utime": lambda out, _: os.utime(out / "file", (0, 0)),
    "sqlite": lambda out, _: sqlite3.connect(out / "new.db"),
    "tempfile": lambda out, _: tempfile.mkstemp(dir=out),
}


@pytest.mark.parametrize("how", WRITES)
def test_a_write_outside_is_stopped_and_recorded(
    how: str, scratch: Path, outside: Path, watched: Guard
) -> None:
    (scratch / "ours").write_bytes(b"ours")
    (scratch / "door").symlink_to(outside)
    before = snapshot.take(outside)
    with pytest.raises(WroteOutside, match="hero_model"):
        WRITES[how](outside, scratch)
    assert watched.violations
    assert snapshot.changes(before, snapshot.take(outside)) == ()


def test_it_is_recorded_though_the_task_swallows_it(outside: Path, watched: Guard) -> None:
    with contextlib.suppress(Exception):
        (outside / "new").write_text("x")
    assert watched.violations == [str(outside / "new")]


def test_also_in_a_thread(outside: Path, watched: Guard) -> None:
    def write() -> None:
        with contextlib.suppress(WroteOutside):
            (outside / "new").write_text("x")

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert watched.violations == [str(outside / "new")]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="folder descriptors need /proc")
def test_relative_to_a_folder_descriptor(outside: Path, watched: Guard) -> None:
    handle = os.open(outside, os.O_RDONLY)
    with pytest.raises(WroteOutside):
        os.unlink("file", dir_fd=handle)
    os.close(handle)
    assert (outside / "file").exists()


def test_scratch_is_free(scratch: Path, watched: Guard) -> None:
    (scratch / "a" / "b").mkdir(parents=True)
    (scratch / "a" / "file").write_text("x")
    (scratch / "a" / "file").rename(scratch / "moved")
    os.link(scratch / "moved", scratch / "alias")
    (scratch / "door").symlink_to("/")
    (scratch / "door").unlink()
    sqlite3.connect(scratch / "new.db").close()
    shutil.rmtree(scratch / "a")
    assert watched.violations == []


def test_reading_and_what_changes_nothing_is_free(outside: Path, watched: Guard) -> None:
    assert (outside / "file").read_bytes() == b"mine"
    (outside / "empty").mkdir(exist_ok=True)
    (outside / "not there").unlink(missing_ok=True)
    Path(os.devnull).write_text("x")
    sqlite3.connect(":memory:").close()
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        pipe.write("x")
    os.close(reading)
    assert watched.violations == []


def test_afterwards_nothing_is_guarded(scratch: Path, outside: Path) -> None:
    with guard.guarded("hero_model", scratch):
        pass
    (outside / "new").write_text("x")


class TestSnapshot:
    def test_what_changed_is_told(self, outside: Path) -> None:
        before = snapshot.take(outside)
        (outside / "new").write_bytes(b"x")
        (outside / "file").write_bytes(b"much longer")
        (outside / "empty").rmdir()
        changed = snapshot.changes(before, snapshot.take(outside))
        assert [Path(path).name for path in changed] == ["empty", "file", "new"]

    def test_caches_and_what_is_left_out_do_not_count(self, outside: Path) -> None:
        before = snapshot.take(outside, without=[outside / "empty"])
        (outside / "__pycache__").mkdir()
        (outside / "__pycache__" / "x.pyc").write_bytes(b"x")
        (outside / "empty" / "new").write_bytes(b"x")
        after = snapshot.take(outside, without=[outside / "empty"])
        assert snapshot.changes(before, after) == ()

    def test_a_link_is_not_followed(self, outside: Path, tmp_path: Path) -> None:
        (outside / "loop").symlink_to(outside)
        assert len(snapshot.take(outside)) == 3
