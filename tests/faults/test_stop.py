"""SIGSTOP: a worker or a whole runner that neither works nor dies, and comes back one day."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from pipl.testing.seen import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.mark.parametrize("victim", ["job", "supervisor"])
def test_a_worker_stopped_past_its_lease_is_lost(bench, victim) -> None:
    bench.options = {"stopped_s": "1"}
    bench.set_flow(bench.flow(testing=[], processing=["waits"]))
    bench.publish("stopped")
    runner = bench.start()
    job, supervisor = bench.begun("stopped")
    os.kill(job if victim == "job" else supervisor, signal.SIGSTOP)
    assert eventually(lambda: bench.ended() == 3), bench.states()
    assert runner.stop() == 130
    bench.settle()
    run = bench.run("stopped", "waits")
    assert (run.state, run.attempt) == ("passed", 2)
    assert not [one for one in bench.at_work() if one.pid in (job, supervisor)]
    bench.assert_all_well(["stopped"], made_by="waits")


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_runner_stopped_past_its_lease_is_taken_over_from(shared, comes_back) -> None:
    """With all its jobs, while it claims, promotes and delivers; then it wakes up, or is killed."""
    published = [f"asleep-{number}" for number in range(8)]
    shared.set_flow(shared.flow(testing=[], processing=["waits"]))
    sleeper = shared.start()
    with shared.publishing(published):
        pass
    begun, _ = shared.begun_first()
    asleep = list(shared.at_work())
    for one in asleep:
        one.signal(signal.SIGSTOP)
    shared.go()
    other = shared.start()
    assert eventually(lambda: shared.ended() == 3 * len(published)), (shared.states(), other.said)
    assert not [one for one in shared.jobs() if one.pid == begun], "two jobs of one run"
    for one in asleep:
        one.signal(signal.SIGCONT if comes_back else signal.SIGKILL)
    if comes_back:
        assert eventually(lambda: "it begins anew" in sleeper.said), sleeper.said
        shared.publish("awake")
        published.append("awake")
        assert eventually(lambda: shared.ended() == 3 * len(published)), shared.states()
        assert sleeper.stop() == 130
    assert other.stop() == 130
    shared.settle()
    shared.assert_all_well(published, made_by="waits")
