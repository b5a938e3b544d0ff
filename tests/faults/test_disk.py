"""Disks that are full, or cannot be written."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipl.errors.base import DiskFull
from pipl.testing.seen import eventually
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import StoreFull

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="only root mounts small disks on Linux"
)


@contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[Path]:
    """A file system of this size at `folder`."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", folder]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def ballast(folder: Path) -> Iterator[None]:
    """Fill the file system of `folder` to its last byte."""
    path = folder / "ballast"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    yield
    path.unlink()


def test_scratch_is_full_until_there_is_room(bench) -> None:
    bench.set_flow(bench.flow(testing=[], processing=["fills_scratch"]))
    with small_disk(bench.place.folder / "runs", 8):
        runner = bench.start()
        bench.publish("large")
        assert eventually(lambda: "queued again: fills_scratch" in runner.said), runner.said
        (bench.asides / "room").touch()
        assert eventually(lambda: bench.ended() == 3), runner.said
        assert runner.stop() == 130
        bench.settle()
        assert bench.run("large", "fills_scratch").attempt > 1
        bench.assert_all_well(["large"], made_by="fills_scratch")


def test_scratch_stays_full(bench) -> None:
    step = {"handler": "fills_scratch", "retries": 2}
    bench.set_flow(bench.flow(testing=[], processing=[step]))
    with small_disk(bench.place.folder / "runs", 8):
        bench.publish("larger")
        bench.settle()
        run = bench.run("larger", "fills_scratch")
        assert (run.state, run.code, run.attempt) == ("failed", DiskFull.code, 3)
        bench.assert_sound()


def test_the_disk_of_ci_is_full_for_a_while(bench) -> None:
    """Neither a ledger nor the folder of a run can be written."""
    published = [f"full-{number}" for number in range(3)]
    bench.set_flow(bench.flow(testing=[]))
    with small_disk(bench.place.folder, 8):
        runner = bench.start()
        bench.publish("early")
        assert eventually(lambda: bench.ended() == 3), runner.said
        with ballast(bench.place.folder), bench.publishing(published):
            assert eventually(lambda: "waiting for the ledger" in runner.said), runner.said
        assert eventually(lambda: bench.ended() == 12), runner.said
        assert runner.stop() == 130
        bench.settle()
        bench.assert_all_well(["early", *published])
        bench.ledger.close()


def test_the_store_is_full_until_there_is_room(bench) -> None:
    bench.set_flow(bench.flow(testing=[], processing=["stores"]))
    store = bench.folder / "store"
    bench.environ["STORE"] = str(store)
    with small_disk(store, 8):
        runner = bench.start()
        with ballast(store):
            bench.publish("stored")
            assert eventually(lambda: "queued again: stores" in runner.said), runner.said
            assert eventually(lambda: bench.run("stored", "stores").code in ("", StoreFull.code))
        assert eventually(lambda: bench.ended() == 3), runner.said
        assert runner.stop() == 130
        bench.settle()
        revision = (bench.asides / "stored.stored").read_text()
        assert FolderStore(store).has(revision)
        bench.assert_all_well(["stored"], made_by="stores")


def test_a_folder_that_cannot_be_written_is_said_so(bench) -> None:
    with small_disk(bench.place.folder, 1):
        subprocess.run(["mount", "-o", "remount,ro", bench.place.folder], check=True)
        runner = bench.start()
        assert runner.running.wait(60) == 1
        assert "usage.not-writable" in runner.said
        assert "Traceback" not in runner.said
