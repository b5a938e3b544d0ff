"""What the runner does on the indexes itself: promotions and deliveries, some at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from pipl.ci.run import Outcome
from pipl.errors import LoginExpired
from pipl.index.client import IndexClient
from pipl_pipe.errors import DesignedError

AT_ONCE = 4

Act = Callable[[IndexClient], Outcome]


class Acts:
    """A few threads, each with a client of its own, until `close`."""

    def __init__(self, connect: Callable[[bool], IndexClient], *, wake: Callable[[], None]) -> None:
        self._connect = connect
        self._wake = wake
        self._own = threading.local()
        self._login = 0  # counts up when all clients must log in anew
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ci-act")
        self._live = 0

    @property
    def has_room(self) -> bool:
        return self._live < 2 * AT_ONCE

    def start(self, act: Act) -> Future[Outcome]:
        """Do it in a thread. The future raises what the ledger raises, never a designed outcome."""
        self._live += 1
        future = self._pool.submit(self._do, act)
        future.add_done_callback(lambda _: self._wake())
        return future

    def ended(self) -> None:
        """One future was taken care of."""
        self._live -= 1

    def renew(self) -> None:
        """Connect anew, with a new login, before the next act."""
        self._login += 1

    def close(self) -> None:
        """Wait for what is going on; it takes no longer than the server's time limits."""
        self._pool.shutdown(cancel_futures=True)

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
