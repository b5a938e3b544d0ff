"""What the threads of one transfer share: the limit, progress, retries, and when to stop."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable, Iterable, List, TypeVar

from pipl_pipe.asset.remote import Transfer
from pipl_pipe.errors import StoreUnreachable

T = TypeVar("T")
LEAVE_S = 2.0
"""How long an interrupted transfer waits for threads that are held by a connection."""


@dataclass(frozen=True)
class Retries:
    """So many attempts in all; the wait after the first is doubled after each other one."""

    attempts: int = 4
    first_wait_s: float = 0.5


PATIENT = Retries()


class Stopped(Exception):
    """Raised in the threads of a transfer whose outcome is decided."""


class Limit:
    """A token bucket: at most `bytes_s` a second over all threads, and a tenth of that at once."""

    def __init__(self, bytes_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        if bytes_s <= 0:
            raise ValueError(f"a limit of {bytes_s} bytes a second lets nothing pass")
        self._bytes_s = bytes_s
        self._clock = clock
        self._free_at = clock()
        self._lock = threading.Lock()

    def wait_s(self, size: int) -> float:
        """Take so many bytes; the seconds to wait before they may travel."""
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - 0.1) + size / self._bytes_s
            return max(0.0, self._free_at - now)


class Traffic:
    """One transfer while it runs. Its methods may be called by several threads at once."""

    def __init__(self, transfer: Transfer, retries: Retries = PATIENT) -> None:
        self.transfer = transfer
        self._retries = retries
        self._limit = Limit(transfer.limit_bytes_s) if transfer.limit_bytes_s else None
        self._stop = threading.Event()
        self._attempt = threading.local()

    def expect(self, size: int, objects: int) -> None:
        self.transfer.progress.expect(size, objects)

    def pause(self, size: int) -> None:
        """Wait until so many bytes may travel. Raises Stopped."""
        if self._limit is not None:
            self._sleep(self._limit.wait_s(size))
        if self._stop.is_set():
            raise Stopped

    def passing(self, size: int, objects: int = 0) -> None:
        """So many bytes travel now: waits, and counts them for the attempt. Raises Stopped."""
        self.pause(size)
        self.count(size, objects)

    def count(self, size: int, objects: int = 0) -> None:
        """So many bytes have travelled in this attempt."""
        self._attempt.size = getattr(self._attempt, "size", 0) + size
        self._attempt.objects = getattr(self._attempt, "objects", 0) + objects
        self.transfer.progress.advance(size, objects)

    def retried(self, attempt: Callable[[], T]) -> T:
        """The outcome of `attempt`, called again while StoreUnreachable or a cut is its error.

        What a failed attempt had counted as travelled is taken back.
        Raises StoreUnreachable after the last attempt, and whatever else `attempt` raises.
        """
        wait_s = self._retries.first_wait_s
        for left in range(self._retries.attempts - 1, -1, -1):
            self._attempt.size = self._attempt.objects = 0
            try:
                return attempt()
            except (StoreUnreachable, ConnectionError, TimeoutError):
                if not left:
                    raise
                self.transfer.progress.advance(-self._attempt.size, -self._attempt.objects)
                self._sleep(wait_s)
                wait_s *= 2
        raise AssertionError("there is at least one attempt")

    def each(self, tasks: Iterable[T], do: Callable[[T], None]) -> None:
        """Call `do` with every task, `jobs` at once; the first error ends the others soon.

        Ctrl-C does so too. Raises that error.
        """
        waiting = iter(tasks)
        taking = threading.Lock()
        faults: List[BaseException] = []

        def work(ended: threading.Event) -> None:
            try:
                while not self._stop.is_set():
                    with taking:
                        task = next(waiting, waiting)
                    if task is waiting:
                        return
                    do(task)  # type: ignore[arg-type]  # the iterator itself is its end
            except Stopped:
                return
            except BaseException as fault:  # noqa: BLE001  # raised by the thread that waits
                faults.append(fault)
                self._stop.set()
            finally:
                ended.set()

        self._run(work)
        if faults:
            raise faults[0]

    def _run(self, work: Callable[[threading.Event], None]) -> None:
        """Run `work` in as many threads as there are jobs, each told what to set at its end.

        Not by joining them: CPython takes a thread for ended whose join is interrupted
        (bpo-45274).
        """
        running: List[threading.Event] = []
        try:
            for number in range(max(1, self.transfer.jobs)):
                ended = threading.Event()
                thread = threading.Thread(target=work, args=(ended,), daemon=True)
                thread.name = f"transfer-{number}"
                thread.start()
                running.append(ended)
            for ended in running:
                while not ended.wait(1.0):
                    continue
        except BaseException:
            self._stop.set()
            give_up = time.monotonic() + LEAVE_S
            for ended in running:
                ended.wait(max(0.0, give_up - time.monotonic()))
            raise

    def _sleep(self, seconds: float) -> None:
        if seconds > 0 and self._stop.wait(seconds):
            raise Stopped
