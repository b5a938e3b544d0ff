"""Delivering notices beside everything else that a runner does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from pipl.ci.flow import Flow
from pipl.ci.notify.delivery import Delivery
from pipl.errors.base import DiskFull
from pipl.errors.ci import LedgerAway

EVERY_S = 1.0


class Postman:
    """Delivers what is due in a thread of its own, from `start` until `stop`.

    While the ledger is away nothing is delivered, and nothing is lost. `flow` gives the flow in
    force.
    """

    def __init__(
        self, delivery: Delivery, flow: Callable[[], Flow], *, every_s: float = EVERY_S
    ) -> None:
        self._delivery = delivery
        self._flow = flow
        self._every_s = every_s
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._end.clear()
        self._thread = threading.Thread(target=self._work, name="ci-notify", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is being sent, if any, which has its limit of time."""
        if self._thread is not None:
            self._end.set()
            self._thread.join()
            self._thread = None

    def finish(self) -> None:
        """Stop, and deliver what is due by now; what fails stays for another runner."""
        self.stop()
        with contextlib.suppress(LedgerAway, DiskFull):
            self._delivery.deliver(self._flow())

    def _work(self) -> None:
        while not self._end.wait(self._every_s):
            with contextlib.suppress(LedgerAway, DiskFull):
                self._delivery.deliver(self._flow(), stopping=self._end.is_set)
