"""The process that watches over one job: `python -m pipl.ci.job`.

It starts the job's own process (`pipl.ci.attempt`) at once, which imports what jobs need while
the order is still to come (`pipl.ci.order`). Then it copies what the job writes to the log,
and kills everything that the job has started when it ends, when it reaches a limit, or when the
engine is gone. It imports the standard library only, so as to stay small.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipl.ci import order as orders
from pipl.ci.bounded_log import BoundedLog
from pipl.ci.containment import processes
from pipl.ci.containment.cgroup import ControlGroup
from pipl.ci.order import EXIT_OUT_OF_MEMORY, GROUP_AUTO, GROUP_NONE, Contained, Order, Report

LOOK_S = 0.5
"""How often a job's state and memory are looked at."""
DYING_S = 5.0
"""How long killed programs are waited for; one that hangs in the kernel stays longer."""
PIECE_BYTES = 1 << 20
OURS = frozenset(
    getattr(signal, name, 0) for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")
)
"""The signals by which others end a process; a job that dies by another has done so itself."""


@dataclass(frozen=True)
class Child:
    """The job's process, the pipe for its order, and the one that it writes to."""

    pid: int
    order: int
    output: int
    wait: Callable[[], int | None]
    """Waits for it and for all that was left to us; its status, None where it is not known."""


def main(child: Child) -> int:
    """Watch over one job. Returns the exit status."""
    processes.adopt_orphans()
    line = orders.read_line(0)
    if line is None:
        processes.kill_group(child.pid)
        return 0
    order = Order.parse(line)
    group = _group(order, child)
    orders.say(1, Contained(child.pid, None if group is None else str(group.folder)))
    try:
        report = _Watch(order, child, group).run(line)
    finally:
        if group is not None:
            group.remove()
    orders.say(1, report)
    return 0


def _group(order: Order, child: Child) -> ControlGroup | None:
    """A control group with the job in it, where the system lets us have one."""
    if order.group == GROUP_NONE or not sys.platform.startswith("linux"):
        return None
    base = None if order.group == GROUP_AUTO else Path(order.group)
    group = ControlGroup.make(f"pipl-ci-{os.getpid()}", base)
    if group is not None and not group.take(child.pid):
        group.remove()
        return None
    return group


class _Watch:
    """One job from its order to its end."""

    def __init__(self, order: Order, child: Child, group: ControlGroup | None) -> None:
        self._order, self._child, self._group = order, child, group
        self._wake = threading.Event()
        self._abandoned = False
        self._gone = threading.Event()
        self._status: int | None = None
        limit = order.memory_bytes
        held = group is not None and limit is not None and group.limit_memory(limit)
        self._memory = None if held else limit  # what is looked after here
        self._stopped_since: float | None = None

    def run(self, line: bytes) -> Report:
        log = BoundedLog(self._order.folder / "log.txt")
        copying = _thread(self._copy, log)
        _thread(self._reap)
        _thread(self._heed_engine)
        deadline = time.monotonic() + self._order.timeout_s
        with contextlib.suppress(BrokenPipeError):  # it has died, which is seen below
            os.write(self._child.order, line)
        timed_out = lost = starved = False
        while not self._ended() and not self._abandoned:
            self._wake.wait(max(0.0, min(LOOK_S, deadline - time.monotonic())))
            if self._ended() or self._abandoned:
                break
            timed_out = time.monotonic() >= deadline
            lost = self._is_stopped_for_long()
            starved = self._needs_too_much()
            if timed_out or lost or starved:
                break
        abandoned = self._abandoned and not self._ended()
        status = self._status
        if self._group is not None:
            starved = starved or self._group.ran_out_of_memory()
        self._kill_all()
        copying.join(DYING_S)
        log.close()
        starved = starved or status == EXIT_OUT_OF_MEMORY
        killed = status is not None and -status in OURS and not starved
        return Report(
            status=status if status is not None else self._status,
            timed_out=timed_out and not starved,
            lost=(lost or killed) and not timed_out,
            out_of_memory=starved,
            cancelled=abandoned,
        )

    def _ended(self) -> bool:
        return self._status is not None or self._gone.is_set()

    def _is_stopped_for_long(self) -> bool:
        now = time.monotonic()
        if not processes.is_stopped(self._child.pid):
            self._stopped_since = None
            return False
        if self._stopped_since is None:
            self._stopped_since = now
        return now - self._stopped_since >= self._order.stopped_s

    def _needs_too_much(self) -> bool:
        if self._memory is None:
            return False
        return processes.resident_bytes(processes.descendants(os.getpid())) > self._memory

    def _kill_all(self) -> None:
        """Kill the job, its programs, and what has left its group to be a daemon."""
        deadline = time.monotonic() + DYING_S
        while True:
            if self._group is not None:
                self._group.kill()
            processes.kill_group(self._child.pid)
            if self._gone.wait(0.001):
                return
            processes.kill(processes.descendants(os.getpid()))
            if self._gone.wait(0.01) or time.monotonic() > deadline:
                return

    # threads

    def _copy(self, log: BoundedLog) -> None:
        """Copy what the job writes until nobody can write any more."""
        while piece := os.read(self._child.output, PIECE_BYTES):
            log.write(piece)

    def _reap(self) -> None:
        while True:
            status = self._child.wait()
            if status is None:
                break
            self._status = status
            self._wake.set()
        self._gone.set()
        self._wake.set()

    def _heed_engine(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        self._abandoned = True
        self._wake.set()


def _thread(what: Callable[..., None], *args: object) -> threading.Thread:
    started = threading.Thread(target=what, args=args, daemon=True)
    started.start()
    return started


def _forked() -> Child | None:
    """The job's process, made before anything large is in memory; None in that process."""
    order, to_child = os.pipe()
    from_child, output = os.pipe()
    with contextlib.suppress(OSError, AttributeError):  # elsewhere pipes are smaller
        import fcntl

        fcntl.fcntl(from_child, fcntl.F_SETPIPE_SZ, PIECE_BYTES)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.dup2(order, 0)
        for stream in (1, 2):
            os.dup2(output, stream)
        for descriptor in (order, to_child, from_child, output):
            os.close(descriptor)
        return None
    os.close(order)
    os.close(output)
    with contextlib.suppress(OSError):  # whoever of us is first; it may even have ended
        os.setpgid(pid, pid)

    def wait() -> int | None:
        while True:
            try:
                ended, status = os.waitpid(-1, 0)
            except ChildProcessError:
                return None
            if ended == pid:
                return os.waitstatus_to_exitcode(status)

    return Child(pid, to_child, from_child, wait)


def _spawned() -> Child:
    """The job's process where there is no fork (Windows)."""
    import subprocess

    started = subprocess.Popen(
        [sys.executable, "-m", "pipl.ci.attempt"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert started.stdin is not None
    assert started.stdout is not None
    told = threading.Event()

    def wait() -> int | None:
        if told.is_set():
            return None
        told.set()
        return started.wait()

    return Child(started.pid, started.stdin.fileno(), started.stdout.fileno(), wait)


if __name__ == "__main__":
    if sys.platform == "win32":
        sys.exit(main(_spawned()))
    made = _forked()
    if made is None:
        from pipl.ci import attempt  # what is large is loaded in the job's own process alone

        sys.exit(attempt.main())
    sys.exit(main(made))
