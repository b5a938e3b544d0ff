"""The process that watches over jobs, one after the other: `python -m pipl.ci.job GROUP`.

A nursery (`pipl.ci.nursery`) gives it the process of each (`pipl.ci.attempt`), which has imported
what jobs need and waits in a control group of its own before there is an order: moving a process
into one takes the kernel longer than many a job. GROUP says where control groups are made: `auto`,
`no`, or a folder. It copies what the job writes to the log, and kills everything that the job has
started when it ends, when it reaches a limit, or when the engine is gone. After a job that ended
by itself it waits for the next order; all others are its last. It imports the standard library
only, so as to stay small.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from pipl.ci import order as orders
from pipl.ci.bounded_log import BoundedLog
from pipl.ci.containment import processes
from pipl.ci.containment.cgroup import ControlGroup
from pipl.ci.nursery import Child, Nursery, Single
from pipl.ci.order import EXIT_OUT_OF_MEMORY, GROUP_NONE, Contained, Order, Report

LOOK_S = 0.5
"""How often a job's state and memory are looked at."""
DYING_S = 5.0
"""How long killed programs are waited for; one that hangs in the kernel stays longer."""
PIECE_BYTES = 1 << 20
OURS = frozenset(
    getattr(signal, name, 0) for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")
)
"""The signals by which others end a process; a job that dies by another has done so itself."""
JOBS = 100
YOUNG_S = 600.0
"""After so many jobs, or so long, a new process loads what may have been installed since."""


def main(nursery: Nursery | Single, where: str) -> int:
    """Watch over jobs as they are ordered. Returns the exit status."""
    processes.adopt_orphans()
    engine = _Engine()
    began = time.monotonic()
    for number in range(1, JOBS + 1):
        with _ready(nursery, where) as (child, group):
            line = engine.orders.get()
            if line is None:
                processes.kill_group(child.pid)
                break
            orders.say(1, Contained(child.pid))
            report = _Watch(Order.parse(line), child, group, nursery, engine).run(line)
        is_young = number < JOBS and time.monotonic() - began < YOUNG_S
        again = is_young and report == Report(report.status) and nursery.is_lasting
        orders.say(1, replace(report, again=again))
        if not again:
            break
    nursery.end()
    return 0


@contextlib.contextmanager
def _ready(nursery: Nursery | Single, where: str) -> Iterator[tuple[Child, ControlGroup | None]]:
    """The process of the next job, and its control group."""
    child = nursery.child()
    group = _group(where, child)
    try:
        yield child, group
    finally:
        child.close()
        if group is not None:
            group.remove()


class _Engine:
    """Whoever orders jobs; `gone` once it has closed the pipe, which sets `wake` too."""

    def __init__(self) -> None:
        self.orders: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.wake = threading.Event()
        self.gone = False
        _thread(self._heed)

    def _heed(self) -> None:
        with contextlib.suppress(OSError):
            while (line := orders.read_line(0)) is not None:
                self.orders.put(line)
        self.gone = True
        self.orders.put(None)
        self.wake.set()


def _group(where: str, child: Child) -> ControlGroup | None:
    """A control group with the job in it, where the system lets us have one."""
    if where == GROUP_NONE or not sys.platform.startswith("linux"):
        return None
    group = ControlGroup.make(
        orders.group_name(os.environ[processes.MARKER]), orders.group_base(where)
    )
    if group is not None and not group.take(child.pid):
        group.remove()
        return None
    return group


class _Watch:
    """One job from its order to its end."""

    def __init__(
        self,
        order: Order,
        child: Child,
        group: ControlGroup | None,
        nursery: Nursery | Single,
        engine: _Engine,
    ) -> None:
        self._order, self._child, self._group = order, child, group
        self._nursery, self._engine = nursery, engine
        self._ends = threading.Event()  # the job itself has
        self._gone = threading.Event()  # all that it started has
        self._status: int | None = None
        self._nursery_gone = False
        limit = order.memory_bytes
        held = group is not None and limit is not None and group.limit_memory(limit)
        self._memory = None if held else limit  # what is looked after here
        self._stopped_since: float | None = None

    def run(self, line: bytes) -> Report:
        log = BoundedLog(self._order.folder / "log.txt")
        copying = _thread(self._copy, log)
        _thread(self._reap)
        deadline = time.monotonic() + self._order.timeout_s
        with contextlib.suppress(BrokenPipeError):  # it has died, which is seen below
            os.write(self._child.order, line)
        timed_out = lost = starved = False
        while not self._ended() and not self._engine.gone:
            self._engine.wake.wait(max(0.0, min(LOOK_S, deadline - time.monotonic())))
            self._engine.wake.clear()
            if self._ended() or self._engine.gone:
                break
            self._nursery.reap()
            timed_out = time.monotonic() >= deadline
            lost = self._is_stopped_for_long()
            starved = self._needs_too_much()
            if timed_out or lost or starved:
                break
        abandoned = self._engine.gone and not self._ended()
        lost = lost or self._nursery_gone
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
        return self._ends.is_set()

    def _is_stopped_for_long(self) -> bool:
        now = time.monotonic()
        if not any(map(processes.is_stopped, (self._child.pid, self._nursery.pid))):
            self._stopped_since = None
            return False
        if self._stopped_since is None:
            self._stopped_since = now
        return now - self._stopped_since >= self._order.stopped_s

    def _needs_too_much(self) -> bool:
        if self._memory is None:
            return False
        return processes.resident_bytes(self._nursery.others()) > self._memory

    def _kill_all(self) -> None:
        """Kill the job, its programs, and what has left its group to be a daemon."""
        deadline = time.monotonic() + DYING_S
        while True:
            if self._group is not None:
                self._group.kill()
            processes.kill_group(self._child.pid)
            if self._gone.wait(0.05):
                return
            processes.kill(self._nursery.others())
            if self._gone.wait(0.01) or time.monotonic() > deadline:
                return

    # threads

    def _copy(self, log: BoundedLog) -> None:
        """Copy what the job writes until nobody can write any more."""
        while piece := os.read(self._child.output, PIECE_BYTES):
            log.write(piece)

    def _reap(self) -> None:
        status = self._nursery.status()
        self._status, self._nursery_gone = status, status is None
        self._ends.set()
        self._engine.wake.set()
        self._nursery.wait_until_alone()
        self._gone.set()


def _thread(what: Callable[..., None], *args: object) -> threading.Thread:
    started = threading.Thread(target=what, args=args, daemon=True)
    started.start()
    return started


if __name__ == "__main__":
    sys.exit(main(Single() if sys.platform == "win32" else Nursery.start(), sys.argv[1]))
