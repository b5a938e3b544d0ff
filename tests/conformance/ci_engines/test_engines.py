"""What every engine must do, whatever the jobs do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipl.ci import job_folder
from pipl.ci.run import Outcome

posix = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes by signal")


def outcome(work) -> Outcome | None:
    return job_folder.read_outcome(work.folder, 1)


def log(work) -> str:
    return (work.folder / "log.txt").read_text(encoding="utf-8")


def test_it_has_the_slots_it_was_given(engine) -> None:
    assert engine.slots == 2


def test_a_job_gives_its_verdict_and_its_log(bench, engine) -> None:
    work = bench.work("passes")
    ended = engine.submit(work).result(60)
    assert (ended.status, ended.timed_out) == (0, False)
    assert outcome(work) == Outcome.passed("all well")
    assert "hello from passes" in log(work)
    assert "scratch is empty: True" in log(work)
    assert list(work.folder.glob("scratch-*")) == []


def test_jobs_see_the_variables_they_were_given(bench, engine) -> None:
    work = bench.work("environ")
    engine.submit(work).result(60)
    assert outcome(work) == Outcome.passed("here")


def test_a_designed_error_is_one_line_and_a_hint(bench, engine) -> None:
    work = bench.work("fails")
    engine.submit(work).result(60)
    verdict = outcome(work)
    assert (verdict.state, verdict.code) == ("failed", "ci.tests-failed")
    assert "--- failed: the tests of hero failed: 1 failed" in log(work)
    assert "hint: read the log" in log(work)
    assert "Traceback" not in log(work)


def test_a_bug_is_a_failure_with_its_traceback(bench, engine) -> None:
    work = bench.work("crashes")
    engine.submit(work).result(60)
    assert outcome(work).reason == "the job failed: RuntimeError: a bug"
    assert "Traceback" in log(work)


def test_a_handler_that_exits_has_failed(bench, engine) -> None:
    work = bench.work("exits")
    engine.submit(work).result(60)
    assert outcome(work).reason == "the job failed: SystemExit: 3"


def test_a_handler_that_nobody_provides_fails(bench, engine) -> None:
    work = bench.work("unheard-of")
    engine.submit(work).result(60)
    assert "no installed packl provides 'unheard-of'" in outcome(work).reason


def test_a_job_that_dies_gives_no_verdict(bench, engine) -> None:
    work = bench.work("dies")
    ended = engine.submit(work).result(60)
    assert outcome(work) is None
    assert ended.status not in (0, None)
    assert not ended.timed_out


@posix
def test_a_job_is_stopped_at_its_limit_with_all_that_it_started(bench, engine) -> None:
    work = bench.work("sleeps", timeout_s=3)
    ended = engine.submit(work).result(60)
    assert ended.timed_out
    assert outcome(work) is None
    assert alive(work) == []


@posix
def test_what_a_job_leaves_behind_is_ended(bench, engine) -> None:
    work = bench.work("leaves")
    engine.submit(work).result(60)
    assert outcome(work) == Outcome.passed()
    assert alive(work) == []


def test_jobs_run_at_the_same_time(bench, engine) -> None:
    works = [bench.work("sleeps", run_id=number) for number in (1, 2)]
    for work in works:
        engine.submit(work)
    for work in works:
        await_pids(work)


@posix
def test_closing_ends_every_job(bench, engine) -> None:
    work = bench.work("sleeps")
    future = engine.submit(work)
    await_pids(work)
    engine.close()
    assert future.done()
    assert alive(work) == []
    assert outcome(work) is None


@posix
def test_jobs_end_with_the_process_of_their_engine(bench, kind) -> None:
    work = bench.work("sleeps")
    program = f"""
import os, pathlib, sys
from pipl import extension
from pipl.ci.engine import Work
engine = extension.ci_engines()[{kind!r}](1, dict(os.environ))
engine.submit(Work(1, pathlib.Path(sys.argv[1]), 600.0)).result()
"""
    owner = subprocess.Popen([sys.executable, "-c", program, work.folder], env=bench.environ)
    try:
        await_pids(work)
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    deadline = time.monotonic() + 10
    while alive(work):
        assert time.monotonic() < deadline, "the job runs on"
        time.sleep(0.02)
    assert outcome(work) is None


def await_pids(work) -> None:
    deadline = time.monotonic() + 30
    while not (work.folder / "pids").exists():
        assert time.monotonic() < deadline, log(work)
        time.sleep(0.02)


def alive(work) -> list[int]:
    """The processes that the job has noted and that still run."""
    pids = [int(pid) for pid in (work.folder / "pids").read_text().split()]
    return [pid for pid in pids if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # a zombie that nobody has waited for is dead too
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
