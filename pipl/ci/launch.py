"""Starting the process of a job on this machine, and seeing it end. Engines share it."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from pipl import machine, process
from pipl.ci import order as orders
from pipl.ci.containment import processes
from pipl.ci.containment.cgroup import ControlGroup
from pipl.ci.engine import Ended
from pipl.ci.order import GROUP_AUTO, Contained, Order, Report

LOOK_S = 1.0
GRACE_S = 10.0
"""How much later than its own limits a job's process is ended that does not keep to them."""
IDLE_S = 2.0
"""How long one that has no job may take to end by itself."""
MOST_IDLE = 4
"""How many processes wait for jobs at the most."""
SAID_BYTES = 100_000
"""How much is kept of what a job's process says outside of the log: a broken installation."""


@dataclass(frozen=True)
class JobProcess:
    """A `pipl.ci.job`, for one order after the other; `errors` is what it says of itself."""

    running: subprocess.Popen[bytes]
    errors: IO[bytes]
    name: str
    where: str
    _ended: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def start(cls, environ: Mapping[str, str], group: str) -> JobProcess:
        """`group` says where control groups are made: `auto`, `no`, or a folder.

        Raises OSError where this machine can start no process.
        """
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the job is over
        name = uuid.uuid4().hex
        running = process.start(
            [sys.executable, "-m", "pipl.ci.job", group],
            env={**environ, processes.MARKER: name},
            stdin=True,
            errors=errors,
        )
        return cls(running, errors, name, group)

    def take(self, order: Order) -> None:
        """Give it its job. Raises OSError where it has died meanwhile, or was told to end."""
        if self._ended.is_set():
            raise BrokenPipeError(f"process {self.running.pid} was told to end")
        assert self.running.stdin is not None
        self.running.stdin.write(order.line())
        self.running.stdin.flush()

    def ask_to_end(self) -> None:
        """Have it kill the job and end; `wait` returns soon after."""
        self._ended.set()
        with contextlib.suppress(OSError, ValueError):
            assert self.running.stdin is not None
            self.running.stdin.close()

    def wait(self, order: Order) -> tuple[Ended, bool]:
        """Wait until the job and all that it has started is gone. The order's log is whole then.

        Also says whether the process takes another order; otherwise it has ended.
        """
        contained, report = self._heard(order)
        if report is not None and report.again and not self._ended.is_set():
            return _ended(report, machine.name()), True
        self.sweep(contained, clean=report is not None)
        with self.errors:
            self.errors.seek(0)
            spoken = self.errors.read(SAID_BYTES)
        if spoken:
            with contextlib.suppress(OSError), (order.folder / "log.txt").open("ab") as log:
                log.write(spoken)
        host = machine.name()
        if report is None:
            told = self._ended.is_set()
            ended = Ended(self.running.returncode, lost=not told, cancelled=told, host=host)
            return ended, False
        return _ended(report, host), False

    def sweep(self, contained: Contained | None, *, clean: bool) -> None:
        """Kill what is left, which is nothing where the process has come to a `clean` end."""
        process.kill_group(self.running)
        for group in ControlGroup.left(orders.group_name(self.name), orders.group_base(self.where)):
            group.remove()
        for stream in (self.running.stdin, self.running.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        if clean:
            return
        groups = {self.running.pid}
        if contained is not None:
            groups.add(contained.child)
            processes.kill_group(contained.child)
        deadline = time.monotonic() + GRACE_S
        killed: set[int] = set()
        while time.monotonic() < deadline:
            left = processes.marked(self.name)
            processes.kill(left)
            killed |= left
            # One that is dying has no environment any more, and is there for a moment still.
            if not left and not processes.running(killed, groups):
                return
            time.sleep(0.01)

    def discard(self) -> None:
        """End one that has no job."""
        self.ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.running.wait(IDLE_S)  # it lets go of what it has ready for the next job
        self.sweep(None, clean=True)
        self.errors.close()

    def _heard(self, order: Order) -> tuple[Contained | None, Report | None]:
        """What it says until it can take another order, or ends, or has to be ended."""
        stdout = self.running.stdout
        assert stdout is not None
        deadline = time.monotonic() + order.timeout_s + GRACE_S
        stopped_since: float | None = None
        said = b""
        with _readable(stdout) as is_readable:
            while True:
                if is_readable(LOOK_S):
                    piece = os.read(stdout.fileno(), 65536)
                    said += piece
                    heard = orders.heard(said)
                    if not piece or (heard[1] is not None and heard[1].again):
                        return heard
                    continue
                now = time.monotonic()
                if self._ended.is_set():
                    deadline = min(deadline, now + GRACE_S)
                if not processes.is_stopped(self.running.pid):
                    stopped_since = None
                elif stopped_since is None:
                    stopped_since = now
                elif now - stopped_since >= order.stopped_s:
                    return orders.heard(said)
                if now > deadline:
                    return orders.heard(said)


class Ahead:
    """Gives out processes for jobs, one of which is always started before it is needed.

    For several threads at once.
    """

    def __init__(self, environ: Mapping[str, str], group: str = GROUP_AUTO) -> None:
        self._environ = environ
        self._group = group
        self._guard = threading.Lock()
        self._idle: list[JobProcess] = [self._start()]
        self._closed = False

    def given(self, order: Order) -> JobProcess:
        """A process that has got the order; those that have died while they waited are left out."""
        while True:
            with self._guard:
                given = self._idle.pop() if self._idle else None
                is_last = not self._idle
            if given is None:
                given = self._start()
                given.take(order)
                break
            try:
                given.take(order)
                break
            except OSError:
                given.discard()
        if is_last:
            self.back(self._start())
        return given

    def _start(self) -> JobProcess:
        return JobProcess.start(self._environ, self._group)

    def back(self, idle: JobProcess) -> None:
        """One is ready for an order."""
        with self._guard:
            if len(self._idle) < MOST_IDLE and not self._closed:
                self._idle.append(idle)
                return
        idle.discard()

    def close(self) -> None:
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for one in idle:
            one.ask_to_end()
        for one in idle:
            one.discard()


class _readable:
    """Whether a pipe has something to read, or has ended, within so many seconds."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._selector = None if sys.platform == "win32" else selectors.DefaultSelector()
        if self._selector is not None:
            self._selector.register(pipe, selectors.EVENT_READ)

    def __enter__(self) -> _readable:
        return self

    def __call__(self, timeout_s: float) -> bool:
        return self._selector is None or bool(self._selector.select(timeout_s))

    def __exit__(self, *_: object) -> None:
        if self._selector is not None:
            self._selector.close()


def _ended(report: Report, host: str) -> Ended:
    return Ended(
        status=report.status,
        timed_out=report.timed_out,
        lost=report.lost,
        out_of_memory=report.out_of_memory,
        cancelled=report.cancelled,
        host=host,
    )
