"""Whatever is killed, whenever: nothing is lost, nothing is doubled, nothing runs on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipl.index.name import IndexName

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

PROJECT = IndexName("root", "PROJ")
KILLS = 10


def test_a_runner_killed_at_random_moments_loses_and_doubles_nothing(studio) -> None:
    moments = random.Random(2)
    names = [f"killed_{number}" for number in range(KILLS)]
    for name in names:
        studio.task(name)
        with studio.runner_process() as runner:
            with contextlib.suppress(subprocess.TimeoutExpired):
                runner.wait(moments.uniform(0.4, 3.0))  # alone, one task takes about 2.5 s
            runner.kill()
        assert ended(studio), "jobs outlive their runner"
    studio.settle()
    for name in names:
        runs = studio.runs(name)
        assert {key[1:]: run.state for key, run in runs.items()} == {
            ("qa", "root/testing"): "passed",
            ("promote", "root/testing"): "passed",
            ("process", "root/processing"): "passed",
            ("promote", "root/processing"): "passed",
        }
        (product,) = studio.client.releases(PROJECT, f"{name}_geo")
        assert len(product.files) == 1
        assert studio.client.release(PROJECT, name, "1.0.0").wheel is not None


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_runner_that_is_told_to_stop_queues_its_jobs_again(studio, sign) -> None:
    name = f"stopped-{sign.name.lower()}"
    studio.task(name.replace("-", "_"), body="import time; time.sleep(600)")
    try:
        with studio.runner_process(once=False) as runner:
            assert eventually(lambda: in_state(studio, name, "process", "running"))
            runner.send_signal(sign)
            runner.wait(20)
        assert ended(studio)
        run = studio.only(name, "process")
        assert (run.state, run.faults, run.reason) == ("queued", 0, "the runner was stopped")
    finally:
        drop(studio, name)


def test_a_killed_job_is_run_again(studio) -> None:
    flag = studio.folder / "first"
    body = f"""
        import pathlib, time
        flag = pathlib.Path({str(flag)!r})
        if not flag.exists():
            time.sleep(600)
"""
    studio.task("murdered", body=body)
    with studio.runner_process() as runner:
        assert eventually(lambda: any("process" in seen.words for seen in at_work(studio)))
        (job,) = (
            seen
            for seen in at_work(studio)
            if "pipl.ci.job" in seen.words and seen.folder != str(studio.project.folder)
        )
        flag.touch()
        os.kill(job.pid, signal.SIGKILL)
        assert runner.wait(60) == 0
    assert ended(studio)
    run = studio.only("murdered", "process")
    assert (run.state, run.attempt) == ("passed", 2)
    assert "the job was lost on" in studio.log(run)


def test_only_one_runner_works_on_a_project(studio) -> None:
    with studio.place.owned():
        done = studio.running.shell.attempt("ci", "start", "--once")
    assert done.status == 8
    assert "another CI runner works on" in done.stderr


@dataclass(frozen=True)
class Seen:
    """A process as Linux shows it."""

    pid: int
    words: tuple[str, ...]
    folder: str

    @classmethod
    def all(cls) -> list[Seen]:
        return [seen for path in Path("/proc").glob("[0-9]*") for seen in cls._at(path)]

    @classmethod
    def _at(cls, path: Path) -> Iterator[Seen]:
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            words = (path / "cmdline").read_text(errors="replace").split("\0")
            if words[0]:  # else a zombie, or the kernel's
                yield cls(int(path.name), tuple(words), str((path / "cwd").readlink()))


def at_work(studio) -> list[Seen]:
    """All that runs in the runs' folders of this project, and workers that wait for a job."""
    folder = str(studio.place.folder / "runs")
    return [
        seen
        for seen in Seen.all()
        if any(word.startswith(folder) for word in (*seen.words, seen.folder))
        or ("pipl.ci.job" in seen.words and seen.folder == str(studio.project.folder))
    ]


def ended(studio) -> bool:
    """Whether nothing of them is left, after a moment to die in."""
    return eventually(lambda: not at_work(studio), timeout_s=5)


def eventually(holds: Callable[[], object], *, timeout_s: float = 60) -> bool:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def in_state(studio, name: str, handler: str, state: str) -> bool:
    runs = studio.runs(name) if studio.place.ledger.exists() else {}
    return any(key[1] == handler and run.state == state for key, run in runs.items())


def drop(studio, name: str) -> None:
    """Take a packl's runs off the queue, so that later tests do not wait for them."""
    with sqlite3.connect(studio.place.ledger) as connection:
        connection.execute("update runs set state = 'cancelled' where project = ?", (name,))
