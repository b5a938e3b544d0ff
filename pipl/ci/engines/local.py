"""Jobs as processes on this machine."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

from pipl.ci import job_folder
from pipl.ci.capacity import Capacity
from pipl.ci.engine import Ended, EngineSettings, Work
from pipl.ci.launch import Ahead, JobProcess
from pipl.ci.order import GROUP_AUTO, GROUP_NONE, STOPPED_S, Order
from pipl.errors.ci import InvalidEngineOption

OPTIONS = ("cgroup", "stopped_s")


class LocalEngine:
    """Each job is a process with a supervisor (`pipl.ci.job`), which dies with this process.

    Importing what a job needs takes longer than many a job: one is always started ahead.
    """

    def __init__(self, settings: EngineSettings) -> None:
        """Raises InvalidEngineOption."""
        group, self._stopped_s = containment(settings.options, OPTIONS)
        self._capacity = Capacity.of_this_machine(settings)
        self._live: dict[int, tuple[JobProcess, threading.Thread]] = {}
        self._guard = threading.Lock()
        self._ahead = Ahead(dict(settings.environ), group)

    def has_room(self, resources: Mapping[str, float]) -> bool:
        return self._capacity.has_room(resources)

    def submit(self, work: Work) -> Future[Ended]:
        self._capacity.check(work.limits.resources)
        job_folder.write_spec(work.folder, work.spec)
        order = Order(
            folder=work.folder.absolute(),
            login=work.login,
            timeout_s=work.limits.timeout_s,
            memory_bytes=work.limits.memory_bytes,
            stopped_s=self._stopped_s,
        )
        started = self._ahead.given(order)
        future: Future[Ended] = Future()
        future.set_running_or_notify_cancel()
        watcher = threading.Thread(
            target=self._watch,
            args=(started, order, work.run_id, future),
            name=f"ci-run-{work.run_id}",
            daemon=True,
        )
        self._capacity.hold(work.run_id, work.limits.resources)
        with self._guard:
            self._live[work.run_id] = started, watcher
        watcher.start()
        return future

    def cancel(self, run_id: int) -> None:
        with self._guard:
            live = self._live.get(run_id)
        if live is not None:
            live[0].ask_to_end()

    def close(self) -> None:
        with self._guard:
            live = list(self._live.values())
        self._ahead.close()
        for started, _ in live:
            started.ask_to_end()
        for _, watcher in live:
            watcher.join()

    def _watch(self, started: JobProcess, order: Order, run_id: int, future: Future[Ended]) -> None:
        try:
            ended, is_ready = started.wait(order)
        except OSError:  # this machine has no more of something, such as open files
            ended, is_ready = Ended(lost=True), False
        with self._guard:
            del self._live[run_id]
        if is_ready:
            self._ahead.back(started)
        self._capacity.free(run_id)
        future.set_result(ended)


def containment(options: Mapping[str, str], known: tuple[str, ...]) -> tuple[str, float]:
    """Where control groups are made, and how long a job may be stopped.

    Raises InvalidEngineOption, also for an option that is not among the `known`.
    """
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InvalidEngineOption(unknown[0], f"there are {', '.join(known)}")
    group = options.get("cgroup", GROUP_AUTO)
    if group not in (GROUP_AUTO, GROUP_NONE) and not Path(group).is_dir():
        raise InvalidEngineOption("cgroup", f"{group} is neither auto, no, nor a folder")
    try:
        stopped_s = float(options.get("stopped_s", STOPPED_S))
    except ValueError:
        stopped_s = 0.0
    if not 0 < stopped_s < float("inf"):
        raise InvalidEngineOption("stopped_s", "it is not a number of seconds")
    return group, stopped_s
