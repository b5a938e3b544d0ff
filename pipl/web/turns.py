"""Whose turn it is: how often a client may ask for events, and how many may wait at once.

A waiting reader holds one of the server's threads. The others are for what it is there for.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

RATE = 20.0
BURST_S = 10.0
"""A client that was silent may ask as often at once as it may in this time."""
THREADS_EACH = 3
"""Readers that wait hold at most one thread in so many."""
MAX_CLIENTS = 10_000
FULL_RETRY_S = 2.0


@dataclass(frozen=True)
class Limits:
    """`rate` is in questions per second and client; `waiting` counts readers of all clients."""

    rate: float
    waiting: int

    @classmethod
    def of(cls, rate: float | None, waiting: int | None, *, threads: int) -> Limits:
        """As given (None: not), for a server of so many threads, of which one remains at least."""
        chosen = threads // THREADS_EACH if waiting is None else min(waiting, threads - 1)
        return cls(RATE if rate is None else rate, max(1, chosen))

    @property
    def burst(self) -> float:
        return max(1.0, self.rate * BURST_S)

    @property
    def waiting_each(self) -> int:
        """How many readers of one client may wait."""
        return max(1, self.waiting // 2)


class NotYet(Exception):
    """It is not this client's turn. `is_full` says that others keep it waiting, not itself."""

    def __init__(self, reason: str, retry_after_s: float, *, is_full: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = max(1, math.ceil(retry_after_s))
        self.is_full = is_full


class Turns:
    """Keeps count of clients, which are any names. For many threads."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Of each client: the questions it had left, and when; the one longest silent first."""
        self._waiting: Counter[str] = Counter()

    def take(self, client: str) -> None:
        """Count a question. Raises NotYet where the client has none left."""
        limits = self._limits
        with self._lock:
            now = self._clock()
            left, then = self._left.pop(client, (limits.burst, now))
            left = min(limits.burst, left + (now - then) * limits.rate)
            is_allowed = left >= 1.0
            self._left[client] = (left - 1.0 if is_allowed else left, now)
            if len(self._left) > MAX_CLIENTS:
                self._left.popitem(last=False)
        if not is_allowed:
            reason = f"more than {limits.rate:g} questions per second for events"
            raise NotYet(reason, (1.0 - left) / limits.rate)

    @contextmanager
    def wait(self, client: str) -> Iterator[None]:
        """Hold a place among those who wait. Raises NotYet where there is none."""
        limits = self._limits
        with self._lock:
            if self._waiting[client] >= limits.waiting_each:
                reason = f"more than {limits.waiting_each} readers of one client wait for events"
                raise NotYet(reason, FULL_RETRY_S)
            if self._waiting.total() >= limits.waiting:
                reason = f"{limits.waiting} readers wait for events already"
                raise NotYet(reason, FULL_RETRY_S, is_full=True)
            self._waiting[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[client] -= 1
                if not self._waiting[client]:
                    del self._waiting[client]
