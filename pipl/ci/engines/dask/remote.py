"""What happens on a Dask worker: a job in a folder of the worker's own, and back by value."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from distributed import Worker, get_worker

from pipl import machine
from pipl.ci import attempt, job_folder
from pipl.ci.engine import Ended, Limits
from pipl.ci.job_folder import JobSpec
from pipl.ci.launch import Ahead
from pipl.ci.order import Order
from pipl.ci.run import Outcome
from pipl.errors.base import DiskFull
from pipl.errors.ci import ResultTooLarge
from pipl.index.login import Login

LOOK_S = 0.25
"""How often a worker sends what was added to the log, and looks whether the job is wanted."""
PIECE_BYTES = 32_768
RETURN_BYTES = 256_000_000
"""So much may come back: product wheels are small, as their assets go to the store."""
RETURNED = ("result.json", "outbox", "kept")


@dataclass(frozen=True)
class Parcel:
    """A job on its way to a worker; `topic` is where the engine hears of it."""

    spec: JobSpec
    login: Login = field(repr=False)
    limits: Limits
    topic: str
    stopped_s: float
    group: str


@dataclass(frozen=True)
class Returned:
    """A job on its way back: the attempt's whole log, and files by their path in the folder."""

    ended: Ended
    log: bytes = field(repr=False, default=b"")
    files: dict[str, bytes] = field(repr=False, default_factory=dict)


def run(parcel: Parcel) -> Returned:
    """Run a job on this worker until it ends, or until nobody wants it any more."""
    worker = get_worker()
    key = str(worker.get_current_task())
    folder = Path(worker.local_directory).absolute() / "pipl-ci" / key
    here = {"key": key, "worker": worker.address, "host": machine.name()}
    worker.log_event(parcel.topic, {**here, "kind": "started"})
    try:
        folder.mkdir(mode=0o700, parents=True)
        return _run(worker, key, parcel, folder)
    except DiskFull as fault:
        return _failed(parcel, folder, fault)
    finally:
        with contextlib.suppress(OSError):
            attempt.clear_scratch(folder)
            shutil.rmtree(folder)
        worker.log_event(parcel.topic, {**here, "kind": "ended"})


@functools.cache
def _ahead(group: str) -> Ahead:
    """Jobs see the variables of the worker; one process is always started ahead."""
    return Ahead(dict(os.environ), group)


def _run(worker: Worker, key: str, parcel: Parcel, folder: Path) -> Returned:
    order = Order(
        folder=folder,
        login=parcel.login,
        timeout_s=parcel.limits.timeout_s,
        memory_bytes=parcel.limits.memory_bytes,
        stopped_s=parcel.stopped_s,
    )
    job_folder.write_spec(folder, parcel.spec)
    ahead = _ahead(parcel.group)
    started = ahead.given(order)
    over = threading.Event()

    def watch() -> None:
        sent = 0
        while not over.wait(LOOK_S):
            sent = _send_log(worker, key, parcel.topic, folder / "log.txt", sent)
            if not _is_wanted(worker, key):
                started.ask_to_end()

    watching = threading.Thread(target=watch, name=f"ci-{key}", daemon=True)
    watching.start()
    try:
        ended, is_ready = started.wait(order)
    finally:
        over.set()
        watching.join()
    if is_ready:
        ahead.back(started)
    try:
        return _returned(ended, folder)
    except ResultTooLarge as fault:
        failed = _failed(parcel, folder, fault)
        return replace(failed, ended=ended)


def _is_wanted(worker: Worker, key: str) -> bool:
    """Whether the engine still waits for it: Dask cancels what no client waits for."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"


def _send_log(worker: Worker, key: str, topic: str, path: Path, sent: int) -> int:
    """Send the next piece of the log. Returns how much of it has been sent."""
    try:
        with path.open("rb") as log:
            log.seek(sent)
            piece = log.read(PIECE_BYTES)
    except OSError:
        return sent
    if piece:
        worker.log_event(topic, {"key": key, "kind": "log", "at": sent, "piece": piece})
    return sent + len(piece)


def _returned(ended: Ended, folder: Path) -> Returned:
    """Raises ResultTooLarge."""
    paths = [
        path
        for name in RETURNED
        for path in ([folder / name] if (folder / name).is_file() else (folder / name).rglob("*"))
        if path.is_file()
    ]
    size = sum(path.stat().st_size for path in paths)
    if size > RETURN_BYTES:
        raise ResultTooLarge(size / 10**6, RETURN_BYTES / 10**6)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return Returned(ended, _log(folder), files)


def _failed(parcel: Parcel, folder: Path, fault: DiskFull | ResultTooLarge) -> Returned:
    """What comes back where the worker itself has to give the verdict."""
    said = f"--- failed: {fault}\nhint: {fault.advice}\n".encode()
    verdict = job_folder.rendered_outcome(parcel.spec.attempt, Outcome.of_error(fault))
    files = {"result.json": verdict.encode()}
    return Returned(Ended(host=machine.name()), _log(folder) + said, files)


def _log(folder: Path) -> bytes:
    path = folder / "log.txt"
    return path.read_bytes() if path.exists() else b""
