"""What every engine must do, whatever the jobs do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from pipl.ci.run import Outcome
from pipl.errors.ci import InvalidEngineOption, JobOutOfMemory, ResourcesLacking

posix = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes by signal")


def await_true(check: Callable[[], object], *, within_s: float = 20, what: str = "it") -> None:
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.02)


def test_a_job_gives_its_verdict_and_its_log(bench, engine) -> None:
    work = bench.work("passes")
    ended = engine.submit(work).result(60)
    assert ended.status == 0
    assert not (ended.timed_out or ended.lost or ended.out_of_memory or ended.cancelled)
    assert ended.host
    assert bench.outcome(work) == Outcome.passed("all well")
    assert "hello from passes" in bench.log(work)
    assert "scratch is empty: True" in bench.log(work)
    assert list(work.folder.glob("scratch-*")) == []


def test_the_next_attempt_adds_to_the_log(bench, engine) -> None:
    work = bench.work("passes")
    for _ in range(2):
        engine.submit(work).result(60)
    assert bench.log(work).count("hello from passes") == 2


def test_jobs_see_the_variables_they_were_given(bench, engine) -> None:
    work = bench.work("environ")
    engine.submit(work).result(60)
    assert bench.outcome(work) == Outcome.passed("here")


def test_a_designed_error_is_one_line_and_a_hint(bench, engine) -> None:
    work = bench.work("fails")
    engine.submit(work).result(60)
    verdict = bench.outcome(work)
    assert (verdict.state, verdict.code) == ("failed", "ci.tests-failed")
    assert "--- failed: the tests of hero failed: 1 failed" in bench.log(work)
    assert "hint: read the log" in bench.log(work)
    assert "Traceback" not in bench.log(work)


def test_a_bug_is_a_failure_with_its_traceback(bench, engine) -> None:
    work = bench.work("crashes")
    engine.submit(work).result(60)
    assert bench.outcome(work).reason == "the job failed: RuntimeError: a bug"
    assert "Traceback" in bench.log(work)


def test_a_handler_that_exits_has_failed(bench, engine) -> None:
    work = bench.work("exits")
    engine.submit(work).result(60)
    assert bench.outcome(work).reason == "the job failed: SystemExit: 3"


def test_a_handler_that_nobody_provides_fails(bench, engine) -> None:
    work = bench.work("unheard-of")
    engine.submit(work).result(60)
    assert "no installed packl provides 'unheard-of'" in bench.outcome(work).reason


@posix
def test_a_job_that_is_killed_is_lost(bench, engine) -> None:
    work = bench.work("dies")
    ended = engine.submit(work).result(60)
    assert bench.outcome(work) is None
    assert (ended.status, ended.lost, ended.timed_out) == (-9, True, False)


@posix
def test_a_job_that_crashes_by_itself_is_not_lost(bench, engine) -> None:
    ended = engine.submit(bench.work("segfaults")).result(60)
    assert (ended.status, ended.lost) == (-11, False)


def test_the_log_grows_while_a_job_runs(bench, engine) -> None:
    work = bench.work("sleeps")
    future = engine.submit(work)
    await_true(lambda: "going to sleep" in bench.log(work), what="the line in the log")
    assert not future.done()


@posix
def test_a_job_is_stopped_at_its_limit_with_all_that_it_started(bench, engine) -> None:
    work = bench.work("sleeps", timeout_s=8)
    ended = engine.submit(work).result(60)
    assert (ended.timed_out, ended.lost, ended.cancelled) == (True, False, False)
    assert bench.outcome(work) is None
    assert bench.alive() == []


@posix
def test_what_a_job_leaves_behind_is_ended(bench, engine) -> None:
    work = bench.work("leaves")
    engine.submit(work).result(60)
    assert bench.outcome(work) == Outcome.passed()
    assert bench.alive() == []


@posix
def test_a_daemon_that_left_its_group_and_its_session_is_ended(bench, engine) -> None:
    work = bench.work("daemonises")
    engine.submit(work).result(60)
    assert bench.outcome(work) == Outcome.passed("left a daemon")
    assert bench.alive() == []


@posix
def test_cancelling_ends_a_job_and_all_that_it_started(bench, engine) -> None:
    works = [bench.work("sleeps", run_id=number) for number in (1, 2)]
    first, second = (engine.submit(work) for work in works)
    bench.pids(2)
    engine.cancel(1)
    assert first.result(20).cancelled
    assert not second.done()
    engine.cancel(2)
    assert second.result(20).cancelled
    assert bench.alive() == []
    assert bench.outcome(works[0]) is None


def test_cancelling_what_does_not_run_changes_nothing(bench, engine) -> None:
    engine.cancel(77)
    work = bench.work("passes")
    ended = engine.submit(work).result(60)
    engine.cancel(work.run_id)
    assert not ended.cancelled


@posix
def test_a_job_that_stays_stopped_is_lost(bench, engine) -> None:
    future = engine.submit(bench.work("sleeps"))
    own, child, *_ = bench.pids()
    os.kill(own, signal.SIGSTOP)
    ended = future.result(30)
    assert (ended.lost, ended.timed_out) == (True, False)
    assert bench.alive() == []
    assert child not in bench.alive()


NURSERY, SUPERVISOR = 2, 3
"""Where their numbers are in what the job `sleeps` has noted."""


@posix
@pytest.mark.parametrize("which", [NURSERY, SUPERVISOR])
def test_a_supervisor_that_stays_stopped_loses_its_job(bench, engine, which) -> None:
    future = engine.submit(bench.work("sleeps"))
    os.kill(bench.pids()[which], signal.SIGSTOP)
    assert future.result(30).lost
    assert bench.alive() == []


@posix
@pytest.mark.parametrize("which", [NURSERY, SUPERVISOR])
def test_a_supervisor_that_is_killed_loses_its_job(bench, engine, which) -> None:
    future = engine.submit(bench.work("sleeps"))
    os.kill(bench.pids()[which], signal.SIGKILL)
    assert future.result(30).lost
    assert bench.alive() == []


def test_jobs_after_one_another_have_nothing_of_each_other(bench, engine) -> None:
    for number, handler in enumerate(["keeps", "keeps", "dies", "keeps"], start=1):
        work = bench.work(handler, run_id=number)
        engine.submit(work).result(60)
        if handler == "keeps":
            assert bench.outcome(work) == Outcome.passed("found nothing"), bench.log(work)


def test_a_job_that_is_just_busy_is_not_lost(bench, engine) -> None:
    work = bench.work("is_busy")
    ended = engine.submit(work).result(60)
    assert not ended.lost
    assert bench.outcome(work) == Outcome.passed("done")


def test_a_long_log_is_kept_in_part(bench, engine) -> None:
    work = bench.work("talks")
    engine.submit(work).result(60)
    assert bench.outcome(work) == Outcome.passed("said it all")
    assert (work.folder / "log.txt").stat().st_size < 8_001_000
    text = bench.log(work)
    assert "the first line" in text
    assert "bytes are left out here" in text
    assert text.endswith("the last line\n--- passed: said it all\n")


def test_the_output_of_a_program_is_kept_in_part_for_reports(bench, engine) -> None:
    work = bench.work("program_talks")
    engine.submit(work).result(60)
    assert bench.outcome(work) == Outcome.passed("100000  the end")
    assert "yyy the end" in bench.log(work)


@posix
def test_a_program_that_stays_does_not_hold_up_its_job(bench, engine) -> None:
    work = bench.work("holds_pipe")
    ended = engine.submit(work).result(30)
    assert not ended.timed_out
    assert bench.outcome(work) == Outcome.passed("status 0")


def test_a_job_past_its_memory_has_failed_for_that(bench) -> None:
    engine = bench.make(resources={"memory_gb": 4})
    try:
        work = bench.work("needs_memory", resources={"memory_gb": 0.6})
        ended = engine.submit(work).result(60)
    finally:
        engine.close()
    assert (ended.out_of_memory, ended.lost, ended.timed_out) == (True, False, False)
    verdict = bench.outcome(work)
    assert verdict is None or verdict == Outcome.of_error(JobOutOfMemory(0.6))


@posix
def test_the_programs_of_a_job_share_its_memory(bench) -> None:
    engine = bench.make(resources={"memory_gb": 4})
    try:
        work = bench.work("programs_need_memory", resources={"memory_gb": 0.8})
        ended = engine.submit(work).result(60)
    finally:
        engine.close()
    assert (ended.out_of_memory, ended.lost) == (True, False)
    assert bench.outcome(work) is None


def test_jobs_run_at_the_same_time_and_fill_the_slots(bench, engine) -> None:
    assert engine.has_room({})
    futures = [engine.submit(bench.work("sleeps", run_id=number)) for number in (1, 2)]
    bench.pids(2)
    assert not engine.has_room({})
    engine.cancel(1)
    futures[0].result(20)
    assert engine.has_room({})


def test_resources_are_counted(bench) -> None:
    engine = bench.make(slots=3, resources={"maya": 2, "memory_gb": 8})
    try:
        engine.submit(bench.work("sleeps", resources={"maya": 2, "memory_gb": 1}))
        bench.pids()
        assert not engine.has_room({"maya": 1})
        assert engine.has_room({"memory_gb": 7})
        assert not engine.has_room({"memory_gb": 7.5})
        assert engine.has_room({})
        engine.cancel(1)
        await_true(lambda: engine.has_room({"maya": 1}), what="room")
    finally:
        engine.close()


def test_what_there_is_not_at_all_is_refused(bench) -> None:
    engine = bench.make(resources={"maya": 1, "memory_gb": 8})
    try:
        assert engine.has_room({"maya": 2}), "or it would wait for ever, and nobody would know why"
        with pytest.raises(ResourcesLacking, match=r"needs maya=2, and .* has maya=1, memory_gb=8"):
            engine.submit(bench.work("passes", resources={"maya": 2}))
        assert engine.submit(bench.work("passes", resources={"maya": 1})).result(60).status == 0
    finally:
        engine.close()


def test_an_option_that_is_not_known_is_refused(bench) -> None:
    with pytest.raises(InvalidEngineOption, match="colour"):
        bench.make(options={"colour": "red"})
    with pytest.raises(InvalidEngineOption, match="stopped_s"):
        bench.make(options={"stopped_s": "soon"})


@posix
def test_a_job_acts_as_its_user_by_files_for_its_user_alone(bench, engine) -> None:
    work = bench.work("shows_login")
    engine.submit(work).result(60)
    assert bench.outcome(work) == Outcome.passed("ci ['0o600'] ci"), bench.log(work)


def test_the_login_is_left_nowhere(bench, engine) -> None:
    for number, handler in enumerate(("passes", "crashes"), start=1):
        engine.submit(bench.work(handler, run_id=number)).result(60)
    held = [
        path
        for folder in bench.written
        for path in folder.rglob("*")
        if path.is_file() and b"a-token-that" in path.read_bytes()
    ]
    assert held == []


def test_what_a_job_gives_lies_in_its_folder(bench, engine) -> None:
    work = bench.work("gives")
    engine.submit(work).result(60)
    assert [path.name for path in (work.folder / "outbox").iterdir()] == [
        "hero-1.0-py3-none-any.whl"
    ]
    assert (work.folder / "outbox" / "hero-1.0-py3-none-any.whl").read_bytes() == b"wheel"
    assert (work.folder / "kept" / "lock").read_text() == "locked"


@pytest.fixture
def small_disk(bench):
    """The runs of this test on a disk of 20 MB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    if bench.kind == "dask":
        pytest.skip("its worker's disk is another one")
    folder = bench.folder / "runs"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", folder])
    if mounted.returncode != 0:
        pytest.skip("this container may not mount a disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_a_fault_to_be_tried_again(bench, small_disk) -> None:
    engine = bench.make()
    try:
        work = bench.work("fills_disk")
        assert engine.submit(work).result(60).status == 0
    finally:
        engine.close()
    verdict = bench.outcome(work)
    assert (verdict.code, verdict.again) == ("disk.full", True)
    assert list(work.folder.glob("scratch-*")) == []
    assert "--- failed: no space left" in bench.log(work)


@posix
def test_closing_ends_every_job(bench, engine) -> None:
    work = bench.work("sleeps")
    future = engine.submit(work)
    bench.pids()
    engine.close()
    assert future.done()
    assert bench.alive() == []
    assert bench.outcome(work) is None


@posix
def test_jobs_end_with_the_process_of_their_engine(bench, tmp_path) -> None:
    program = f"""
import os, pathlib, pickle, sys
from pipl import extension
if __name__ == "__main__":
    work, settings = pickle.loads(sys.stdin.buffer.read())
    engine = extension.ci_engines()[{bench.kind!r}](settings)
    engine.submit(work).result()
"""
    script = tmp_path / "owner.py"
    script.write_text(program)
    owner = subprocess.Popen(
        [sys.executable, script], env=bench.environ, stdin=subprocess.PIPE, cwd=tmp_path
    )
    try:
        owner.stdin.write(bench.pickled(bench.work("sleeps")))
        owner.stdin.close()
        bench.pids()
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    await_true(lambda: not bench.alive(), what="the end of the job")
