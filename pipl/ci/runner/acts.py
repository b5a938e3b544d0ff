"""What the runner does on the indexes itself: promotions and deliveries, some at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue

from pipl.ci.run import Outcome
from pipl.errors.access import LoginExpired
from pipl.index.client import IndexClient
from pipl_pipe.errors import DesignedError

AT_ONCE = 4
CLOSING_S = 10.0
"""How long the end of a runner waits for what is going on: an index may not answer for long."""

Act = Callable[[IndexClient], Outcome]


class Acts:
    """A few threads, each with a client of its own, until `close`.

    They are daemons: a server that does not answer holds up no end of the program.
    """

    def __init__(self, connect: Callable[[bool], IndexClient], *, wake: Callable[[], None]) -> None:
        self._connect = connect
        self._wake = wake
        self._own = threading.local()
        self._login = 0  # counts up when all clients must log in anew
        self._waiting: SimpleQueue[tuple[Future[Outcome], Act]] = SimpleQueue()
        self._threads = 0
        self._futures: set[Future[Outcome]] = set()
        self._live = 0

    @property
    def has_room(self) -> bool:
        return self._live < 2 * AT_ONCE

    def start(self, act: Act) -> Future[Outcome]:
        """Do it in a thread. The future raises what the ledger raises, never a designed outcome."""
        self._live += 1
        future: Future[Outcome] = Future()
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        future.add_done_callback(lambda _: self._wake())
        self._waiting.put((future, act))
        if self._threads < AT_ONCE:
            self._threads += 1
            threading.Thread(target=self._work, name="ci-act", daemon=True).start()
        return future

    def ended(self) -> None:
        """One future was taken care of."""
        self._live -= 1

    def renew(self) -> None:
        """Connect anew, with a new login, before the next act."""
        self._login += 1

    def close(self) -> None:
        """Cancel what has not begun, and wait a while for what has.

        What is not done then may still happen, or not: each act may be repeated.
        """
        try:
            while True:
                self._waiting.get_nowait()[0].cancel()
        except Empty:
            wait(self._futures.copy(), timeout=CLOSING_S)

    def _work(self) -> None:
        while True:
            future, act = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._do(act))
            except BaseException as fault:  # noqa: BLE001  it is raised where the act is taken up
                future.set_exception(fault)

    def _do(self, act: Act) -> Outcome:
        try:
            client = self._client()
        except DesignedError as fault:
            return Outcome.of_error(fault)
        outcome = act(client)
        if outcome.code == LoginExpired.code:
            self.renew()
        return outcome

    def _client(self) -> IndexClient:
        made_at = getattr(self._own, "login", None)
        if made_at != self._login:
            number = self._login
            self._own.client = self._connect(number > 0)
            self._own.login = number
        client: IndexClient = self._own.client
        return client
