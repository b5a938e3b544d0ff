"""A process that waits for a job leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

import pytest

from pipl.ci import order as orders
from pipl.ci.containment import processes
from pipl.ci.containment.cgroup import ControlGroup
from pipl.ci.launch import JobProcess
from pipl.ci.order import GROUP_AUTO

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks at /proc and at control groups"
)


def waiting() -> JobProcess:
    """One that has got the process of its next job ready."""
    started = JobProcess.start(dict(os.environ), GROUP_AUTO)
    deadline = time.monotonic() + 30
    while len(processes.marked(started.name)) < 3:  # itself, its nursery, the job's
        assert time.monotonic() < deadline, processes.marked(started.name)
        time.sleep(0.02)
    time.sleep(0.2)  # the control group, where there are any
    return started


def die(started: JobProcess) -> None:
    os.kill(started.running.pid, signal.SIGKILL)
    started.running.wait()


def stop(started: JobProcess) -> None:
    os.kill(started.running.pid, signal.SIGSTOP)


@pytest.mark.parametrize("before", [lambda _: None, die, stop], ids=["ends", "dies", "stopped"])
def test_nothing_is_left(before: Callable[[JobProcess], None]) -> None:
    started = waiting()
    before(started)
    started.discard()
    assert ControlGroup.left(orders.group_name(started.name)) == []
    deadline = time.monotonic() + 10
    while left := processes.marked(started.name):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
