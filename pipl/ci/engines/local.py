"""Jobs as processes on this machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from subprocess import Popen, TimeoutExpired

from pipl import process
from pipl.ci.engine import Ended, Work


class LocalEngine:
    """Each job is a process that leads its own group and is killed as a group.

    A job's standard input is a pipe that nobody writes to: its end tells the job that this
    process is gone (see `pipl.ci.job`).
    """

    def __init__(self, slots: int, environ: Mapping[str, str]) -> None:
        self._slots = slots
        self._environ = dict(environ)
        self._live: dict[Popen[bytes], threading.Thread] = {}
        self._guard = threading.Lock()

    @property
    def slots(self) -> int:
        return self._slots

    def submit(self, work: Work) -> Future[Ended]:
        future: Future[Ended] = Future()
        future.set_running_or_notify_cancel()
        with (work.folder / "log.txt").open("ab") as log:
            job = process.start(
                [sys.executable, "-m", "pipl.ci.job", work.folder],
                cwd=work.folder,
                env=self._environ,
                stdin=True,
                log=log,
            )
        watcher = threading.Thread(
            target=self._watch, args=(job, work, future), name=f"ci-run-{work.run_id}", daemon=True
        )
        with self._guard:
            self._live[job] = watcher
        watcher.start()
        return future

    def close(self) -> None:
        with self._guard:
            live = dict(self._live)
        for job in live:
            process.kill_group(job)
        for watcher in live.values():
            watcher.join()

    def _watch(self, job: Popen[bytes], work: Work, future: Future[Ended]) -> None:
        timed_out = False
        try:
            job.wait(work.timeout_s)
        except TimeoutExpired:
            timed_out = True
        process.kill_group(job)  # at its limit, or what an ended job has left behind
        if job.stdin is not None:
            job.stdin.close()
        with self._guard:
            del self._live[job]
        future.set_result(Ended(job.returncode, timed_out))
