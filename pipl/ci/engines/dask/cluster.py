"""The engine that hands jobs to a Dask scheduler."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import distributed
from distributed import Client, LocalCluster

from pipl import durable
from pipl.ci import job_folder
from pipl.ci.capacity import Capacity
from pipl.ci.engine import Ended, EngineSettings, Work
from pipl.ci.engines.dask import address
from pipl.ci.engines.dask.remote import Parcel, Returned, run
from pipl.ci.engines.local import containment
from pipl.ci.order import GROUP_AUTO, GROUP_NONE
from pipl.errors.base import DiskFull
from pipl.errors.ci import InvalidEngineOption, SchedulerDown

OPTIONS = ("scheduler", "insecure", "cgroup", "stopped_s")
CONNECT_S = 10.0
RECONNECT_S = 5.0
"""How long it is between attempts to find a scheduler that has gone."""
GONE_S = 15.0
"""How long a worker may take to say that a cancelled job is gone."""
FETCH_S = 300.0


@dataclass
class _Sent:
    """A job that the scheduler has; changed by the thread that hears of it, and when it ends."""

    work: Work
    key: str
    future: Future[Ended]
    task: distributed.Future[Returned]
    streamed: int = 0
    cancelled: bool = False
    lost: bool = False
    worker: str | None = None
    host: str | None = None
    gone: threading.Event = field(default_factory=threading.Event)


class DaskEngine:
    """Each job is a task that a worker carries out as a process (see `remote.run`).

    Without the option `scheduler`, a cluster on this machine is started. The scheduler tries
    nothing again: a job whose worker was lost is lost.
    """

    def __init__(self, settings: EngineSettings) -> None:
        """Raises InvalidEngineOption, SchedulerInsecure, SchedulerDown."""
        options = settings.options
        self._group, self._stopped_s = containment(options, OPTIONS)
        if self._group not in (GROUP_AUTO, GROUP_NONE):
            raise InvalidEngineOption("cgroup", "for workers it is auto or no")
        self._insecure = _flag(options, "insecure")
        self._cluster: LocalCluster | None = None
        if "scheduler" in options:
            self._address = address.check(options["scheduler"], insecure=self._insecure)
            self._capacity = Capacity(settings.slots, dict(settings.resources), open_ended=True)
        else:
            self._capacity = Capacity.of_this_machine(settings)
            self._cluster = _local_cluster(settings, self._capacity)
            self._address = self._cluster.scheduler_address
        self._topic = f"pipl-ci-{uuid.uuid4().hex}"
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._sent: dict[str, _Sent] = {}
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="ci-dask")
        self._closed = False
        self._tried_at = time.monotonic()
        try:
            self._client = self._connect()
        except BaseException:
            self._close_cluster()
            raise
        self._hearing = threading.Thread(target=self._hear, name="ci-dask-events", daemon=True)
        self._hearing.start()

    def has_room(self, resources: Mapping[str, float]) -> bool:
        """See `Engine.has_room`; none while the scheduler is away."""
        return self._is_connected() and self._capacity.has_room(resources)

    def submit(self, work: Work) -> Future[Ended]:
        self._capacity.check(work.limits.resources)
        binding = replace(work.spec.binding, folder=None)  # it is not to be seen from a worker
        spec = replace(work.spec, binding=binding)
        job_folder.write_spec(work.folder, spec)
        future: Future[Ended] = Future()
        future.set_running_or_notify_cancel()
        if not self._is_connected():
            future.set_result(Ended(lost=True))
            return future
        key = f"pipl-ci-{spec.run_id}-{spec.attempt}-{uuid.uuid4().hex[:12]}"
        parcel = Parcel(spec, work.login, work.limits, self._topic, self._stopped_s, self._group)
        self._capacity.hold(spec.run_id, work.limits.resources)
        task = self._client.submit(
            run,
            parcel,
            key=key,
            resources=dict(work.limits.resources) or None,
            retries=0,
            pure=False,
        )
        sent = _Sent(work, key, future, task)
        with self._guard:
            self._sent[key] = sent
        task.add_done_callback(lambda _: self._pool.submit(self._settle, sent))
        return future

    def cancel(self, run_id: int) -> None:
        with self._guard:
            wanted = [one for one in self._sent.values() if one.work.run_id == run_id]
        for sent in wanted:
            sent.cancelled = True
            self._drop(sent)

    def close(self) -> None:
        self._closed = True
        with self._guard:
            sent = list(self._sent.values())
        for one in sent:
            one.cancelled = True
            self._drop(one)
        for one in sent:
            with contextlib.suppress(TimeoutError):
                one.future.result(GONE_S * 2)
        self._pool.shutdown()
        self._events.put(None)
        self._hearing.join()
        with contextlib.suppress(Exception):  # a client whose scheduler has gone
            self._client.close(timeout=CONNECT_S)
        self._close_cluster()

    # the scheduler

    def _connect(self) -> Client:
        """Raises SchedulerDown, SchedulerInsecure."""
        try:
            client = Client(self._address, name="pipl-ci", set_as_default=False, timeout=CONNECT_S)
        except (OSError, TimeoutError, ValueError, RuntimeError) as fault:
            raise SchedulerDown(self._address, str(fault) or type(fault).__name__) from fault
        try:
            address.check(client.scheduler_info()["address"], insecure=self._insecure)
        except BaseException:
            client.close()
            raise
        for topic in (self._topic, "all"):
            client.subscribe_topic(topic, self._heard)
        return client

    def _is_connected(self) -> bool:
        """Whether the scheduler is there; one that has gone is looked for in the background."""
        if self._client.status == "running":
            return True
        now = time.monotonic()
        with self._guard:
            is_time = now - self._tried_at >= RECONNECT_S and not self._closed
            if is_time:
                self._tried_at = now + CONNECT_S
        if is_time and self._client.status == "closed":
            self._pool.submit(self._reconnect)
        return False

    def _reconnect(self) -> None:
        with contextlib.suppress(SchedulerDown):
            self._client = self._connect()
        self._tried_at = time.monotonic()

    def _close_cluster(self) -> None:
        if self._cluster is not None:
            self._cluster.close(timeout=CONNECT_S)

    def _drop(self, sent: _Sent) -> None:
        """Tell the scheduler that a job is not wanted; its worker then ends it."""
        with contextlib.suppress(Exception):  # a scheduler that has gone has dropped all
            sent.task.cancel(force=True)

    # what is heard

    def _heard(self, event: tuple[float, object]) -> None:
        """Dask's thread must not wait: another one acts upon it."""
        if isinstance(event[1], dict):
            self._events.put(event[1])

    def _hear(self) -> None:
        while (event := self._events.get()) is not None:
            if event.get("action") == "remove-worker":
                self._worker_left(str(event.get("worker")))
                continue
            with self._guard:
                sent = self._sent.get(str(event.get("key")))
            if sent is None:
                continue
            if event["kind"] == "log":
                _add_to_log(sent, int(event["at"]), bytes(event["piece"]))
            elif event["kind"] == "ended":
                sent.gone.set()
            elif sent.worker is None:
                sent.worker, sent.host = str(event["worker"]), str(event["host"])
            else:  # the scheduler has given it to another worker, the first having died
                sent.lost = True
                self._drop(sent)

    def _worker_left(self, worker: str) -> None:
        with self._guard:
            lost = [one for one in self._sent.values() if one.worker == worker]
        for sent in lost:
            if not sent.gone.is_set():
                sent.lost = True
                sent.gone.set()
                self._drop(sent)

    # how jobs end

    def _settle(self, sent: _Sent) -> None:
        try:
            ended = self._ended(sent)
        except Exception as fault:  # noqa: BLE001  whatever Dask raises, the job is lost
            _note(sent, f"{type(fault).__name__}: {fault}")
            ended = Ended(lost=True, host=sent.host)
        if sent.cancelled and not ended.cancelled:
            ended = Ended(ended.status, cancelled=True, host=ended.host)
        with self._guard:
            del self._sent[sent.key]
        sent.task.release()
        self._capacity.free(sent.work.run_id)
        sent.future.set_result(ended)

    def _ended(self, sent: _Sent) -> Ended:
        try:
            returned = sent.task.result(timeout=FETCH_S)
        except CancelledError:
            if sent.worker is not None and self._client.status == "running":
                sent.gone.wait(GONE_S)
            return Ended(lost=not sent.cancelled, cancelled=sent.cancelled, host=sent.host)
        try:
            _store(sent, returned)
        except DiskFull as fault:
            _note(sent, str(fault))
            return Ended(lost=True, host=returned.ended.host)
        return returned.ended


def _local_cluster(settings: EngineSettings, capacity: Capacity) -> LocalCluster:
    settings.folder.mkdir(parents=True, exist_ok=True)
    return LocalCluster(
        n_workers=1,
        threads_per_worker=settings.slots,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=None,
        resources=dict(capacity.there),
        local_directory=str(settings.folder),
        env=dict(settings.environ),
    )


def _store(sent: _Sent, returned: Returned) -> None:
    """Lay what came back into the run's folder, the verdict last. Raises DiskFull."""
    folder = sent.work.folder
    _add_to_log(sent, sent.streamed, returned.log[sent.streamed :])
    for name in sorted(returned.files, key=lambda name: (name == "result.json", name)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write_bytes(path, returned.files[name])


def _add_to_log(sent: _Sent, at: int, piece: bytes) -> None:
    """Add a piece that begins where the last one has ended; any other is left to the end."""
    if at != sent.streamed:
        return
    with contextlib.suppress(OSError), (sent.work.folder / "log.txt").open("ab") as log:
        log.write(piece)
        sent.streamed += len(piece)


def _note(sent: _Sent, line: str) -> None:
    with contextlib.suppress(OSError), (sent.work.folder / "log.txt").open("ab") as log:
        log.write(f"--- {line}\n".encode())


def _flag(options: Mapping[str, str], name: str) -> bool:
    value = options.get(name, "no")
    if value not in ("yes", "no"):
        raise InvalidEngineOption(name, "it is yes or no")
    return value == "yes"
