"""Jobs as processes on this machine."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import IO

from pipl import process
from pipl.ci.engine import Ended, Work

DYING_S = 1.0
"""How long killed programs are waited for; one that hangs in the kernel stays longer."""


@dataclass(frozen=True)
class _Worker:
    """The process of a job, from before it has one. `said` is what it wrote until then."""

    process: Popen[bytes]
    said: IO[bytes]

    def take(self, work: Work) -> None:
        """Give it its job. Raises OSError where it has died meanwhile."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{work.folder}\n".encode())
        self.process.stdin.flush()

    def end(self) -> None:
        """Kill what is left of it and its programs, and see them gone."""
        process.kill_group(self.process)
        _await_end_of_group(self.process.pid)
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):  # it never read what it was given
                self.process.stdin.close()


def _await_end_of_group(pid: int) -> None:
    """Killing is quick, yet not over when the call returns."""
    deadline = time.monotonic() + DYING_S
    while sys.platform != "win32" and time.monotonic() < deadline:
        try:
            os.killpg(pid, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.002)


class LocalEngine:
    """Each job is a process that leads its own group and is killed as a group.

    A worker's standard input is a pipe: its first line is the folder of its job, its end tells
    that this process is gone (see `pipl.ci.job`). One worker is always started ahead, because
    importing what a job needs takes longer than many a job.
    """

    def __init__(self, slots: int, environ: Mapping[str, str]) -> None:
        self._slots = slots
        self._environ = dict(environ)
        self._live: dict[int, tuple[_Worker, threading.Thread]] = {}
        self._guard = threading.Lock()
        self._spare: _Worker | None = self._start()

    @property
    def slots(self) -> int:
        return self._slots

    def submit(self, work: Work) -> Future[Ended]:
        future: Future[Ended] = Future()
        future.set_running_or_notify_cancel()
        worker = self._given(work)
        watcher = threading.Thread(
            target=self._watch,
            args=(worker, work, future),
            name=f"ci-run-{work.run_id}",
            daemon=True,
        )
        with self._guard:
            self._live[work.run_id] = worker, watcher
        watcher.start()
        self._spare = self._start()
        return future

    def close(self) -> None:
        if self._spare is not None:
            self._spare.end()
            self._spare = None
        with self._guard:
            live = list(self._live.values())
        for worker, _ in live:
            worker.end()
        for _, watcher in live:
            watcher.join()

    def _start(self) -> _Worker:
        said = tempfile.TemporaryFile()  # noqa: SIM115  # closed with its last user
        command: list[str | Path] = [sys.executable, "-m", "pipl.ci.job"]
        return _Worker(process.start(command, env=self._environ, stdin=True, log=said), said)

    def _given(self, work: Work) -> _Worker:
        """A worker that has got the job; a spare one that has died is replaced once."""
        worker, self._spare = self._spare or self._start(), None
        try:
            worker.take(work)
        except OSError:
            worker.end()
            worker = self._start()
            worker.take(work)
        return worker

    def _watch(self, worker: _Worker, work: Work, future: Future[Ended]) -> None:
        timed_out = False
        try:
            worker.process.wait(work.timeout_s)
        except TimeoutExpired:
            timed_out = True
        worker.end()  # at its limit, or what an ended job has left behind
        with worker.said, (work.folder / "log.txt").open("ab") as log:
            worker.said.seek(0)
            log.write(worker.said.read())
        with self._guard:
            del self._live[work.run_id]
        future.set_result(Ended(worker.process.returncode, timed_out))
