"""Jobs that misbehave, a clock that jumps, handlers that are broken, a flow that changes."""

from __future__ import annotations

import time
from pathlib import Path

from pipl.ci.bounded_log import HEAD_BYTES, TAIL_BYTES
from pipl.testing.seen import eventually

DAY_S = 24 * 3600.0


def test_a_job_that_forks_a_daemon(bench) -> None:
    bench.set_flow(bench.flow(testing=["daemonises"]))
    bench.publish("father")
    runner = bench.start()
    assert eventually(lambda: bench.ended() == 4), runner.said
    assert (bench.asides / "father.daemon").exists()
    assert all(one.is_job or one.pid == runner.running.pid for one in bench.at_work())
    assert runner.stop() == 130
    bench.settle()
    assert bench.run("father", "daemonises").state == "passed"
    bench.assert_products_once(["father"])
    bench.assert_sound()


def test_a_job_that_prints_a_gigabyte(bench) -> None:
    bench.set_flow(bench.flow(testing=["prints"]))
    bench.publish("talker")
    runner = bench.start()
    highest = 0

    def sampled() -> bool:
        nonlocal highest
        highest = max(highest, resident(runner.running.pid))
        return bench.ended() == 4

    assert eventually(sampled), runner.said
    assert runner.stop() == 130
    bench.settle()
    run = bench.run("talker", "prints")
    log = bench.log(run)
    assert run.state == "passed"
    assert b"bytes are left out here" in log
    assert len(log) < HEAD_BYTES + TAIL_BYTES + 10_000
    assert bench.place.ledger.stat().st_size < 20_000_000
    assert highest < 300_000_000
    bench.assert_products_once(["talker"])
    bench.assert_sound()


def resident(pid: int) -> int:
    """The memory in bytes that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def test_a_clock_that_jumps(bench) -> None:
    """Days ahead and back while runs wait for their next attempt."""
    step = {"handler": "fails_at_first", "pause_s": 2.0}
    bench.set_flow(bench.flow(testing=[step]))
    published = [f"clock-{number}" for number in range(4)]
    runner = bench.start()
    with bench.publishing(published):
        for days in (3, -3, 0, -400, 30):
            eventually(lambda: bench.ended() > 2, within_s=1.0)
            bench.set_clock(days * DAY_S)
            time.sleep(0.5)
    assert eventually(lambda: bench.ended() == 16), (bench.states(), runner.said)
    assert runner.stop() == 130
    bench.settle()
    assert {run.state for run in bench.runs()} == {"passed"}
    assert {bench.run(name, "fails_at_first").attempt for name in published} == {2}
    bench.assert_products_once(published)
    bench.assert_sound()


def test_a_handler_that_fails_to_import(bench) -> None:
    """Its runs fail and say why; the others go on."""
    broken = {"handler": "broken", "names": ["unlucky"], "retries": 1}
    bench.set_flow(bench.flow(testing=["check", broken]))
    bench.publish("unlucky")
    bench.publish("lucky")
    bench.settle()
    run = bench.run("unlucky", "broken")
    assert run.state == "failed"
    assert "broken" in run.reason
    assert "a_module_that_is_not_there" in run.reason
    assert "promote" not in {run.handler for run in bench.runs("unlucky")}
    assert {run.state for run in bench.runs("lucky")} == {"passed"}
    bench.assert_products_once(["lucky"])
    bench.assert_sound()


def test_a_flow_edited_while_runs_are_queued(bench) -> None:
    """What waits is run as the new flow says; what it does not want is cancelled."""
    bench.slots = 1
    bench.set_flow(bench.flow(testing=["pauses", "fails"]))
    published = [f"edited-{number}" for number in range(3)]
    runner = bench.start()
    with bench.publishing(published):
        bench.begun("edited-0")
    bench.set_flow(bench.flow(testing=["check"]))
    bench.publish("later")
    assert eventually(lambda: "waiting run(s) it does not want" in runner.said), runner.said
    bench.go()
    assert eventually(lambda: bench.ended() == len(bench.runs()) and bench.ended() > 12)
    assert runner.stop() == 130
    bench.settle()
    assert bench.run("edited-0", "pauses").state == "passed"
    for name in published:
        assert bench.run(name, "fails").state == "cancelled"
        assert bench.run(name, "check").state == "passed"
    assert {bench.run(name, "pauses").state for name in published[1:]} == {"cancelled"}
    everything = [*published, "later"]
    bench.assert_products_once(everything)
    bench.assert_sound()
