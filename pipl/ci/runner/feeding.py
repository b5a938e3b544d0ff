"""What the server says: pages of the feed, and whether the server is there at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from pipl.ci import feed, intake
from pipl.ci.ledger import queue
from pipl.ci.ledger.database import Ledger
from pipl.ci.runner.in_force import FlowInForce
from pipl.ci.runner.parts import Notice, Parts
from pipl.errors.access import AccessError
from pipl.errors.server import ServerError
from pipl.index.client import IndexClient
from pipl_pipe.errors import DesignedError

POLL_S = 25.0
"""How long one question to the feed waits for an answer."""
LONGEST_PAUSE_S = 30.0


@dataclass
class _Asked:
    since: int
    future: Future[feed.Page]


class Feeding:
    """Reads the feed into the ledger, one page at a time, in the background.

    `drained` is True once a page that was asked for after the last change has told nothing.
    """

    def __init__(
        self, parts: Parts, ledger: Ledger, in_force: FlowInForce, *, wake: Callable[[], None]
    ) -> None:
        self._parts = parts
        self._ledger = ledger
        self._in_force = in_force
        self._wake = wake
        self._reader = feed.Reader(lambda: parts.connect(False), parts.read)
        self._asked: _Asked | None = None
        self._is_page_old = False  # asked for before something was put on an index
        self._client: IndexClient | None = None
        self._renew = True
        self._pause_s = 0.0
        self.drained = False

    @property
    def away(self) -> bool:
        """Whether the server is not to be reached: nothing is started until it is back."""
        return self._pause_s > 0

    @property
    def idle(self) -> bool:
        return self._asked is None

    def client(self) -> IndexClient:
        """A connection for the runner's own thread. Raises what connecting raises."""
        if self._client is None:
            self._client = self._parts.connect(self._renew)
            self._renew = False
        return self._client

    def changed(self) -> None:
        """The runner has put something on an index, which the feed will tell."""
        self.drained = False
        self._is_page_old = True

    def disconnect(self) -> None:
        """Connect anew before the next use, with a new login."""
        self._client, self._renew = None, True
        self._reader.disconnect()

    def doubt(self, fault: str) -> None:
        """A job or an act could not reach the server: ask at once, and start nothing until then."""
        if not self._pause_s:
            self._parts.tell(Notice(f"waiting for the server: {fault}"))
            self._pause_s = self._parts.timing.pause_s
            self._asked = None  # whoever waits for that answer may wait for long
            self.disconnect()

    def ask(self, *, wait_s: float) -> None:
        """Ask for the next page where none is on its way."""
        if self._asked is not None:
            return
        self._is_page_old = False
        since, mark = queue.position(self._ledger)
        self._asked = _Asked(
            since,
            self._reader.ask(
                since,
                wait_s=0.0 if self._pause_s else wait_s,
                mark=mark,
                pause_s=self._pause_s,
                done=self._wake,
            ),
        )

    def take(self) -> None:
        """Queue what a page that has come asks for. Raises LedgerAway, DiskFull."""
        asked = self._asked
        if asked is None or not asked.future.done():
            return
        try:
            page = asked.future.result()
            self._ingest(asked.since, page)
        except (ServerError, AccessError) as fault:
            self._went_away(fault)
        self._asked = None  # not where the ledger was away: the page is taken again then

    def _ingest(self, since: int, page: feed.Page) -> None:
        client, now = self.client(), self._parts.clock()
        self._in_force.follow(client, page.events)
        flow = self._in_force.flow
        new = intake.new_runs(client, flow, page.events)
        again = self._parts.follower.wanted(client, flow, page.events)
        if self._pause_s:
            self._pause_s = 0.0
            self._parts.tell(Notice("the server is back"))
        if page.serial < since:
            self._parts.tell(Notice("the server's history begins anew; reading all of it"))
            queue.ingest(self._ledger, new, since=since, serial=0, now=now, again=again)
            return
        if page.serial != since or new or again:
            queue.ingest(
                self._ledger,
                new,
                since=since,
                serial=page.serial,
                now=now,
                again=again,
                mark=page.mark,
            )
        is_end = page.serial == since and not page.events
        self.drained = is_end and not self._is_page_old

    def _went_away(self, fault: DesignedError) -> None:
        if not self._pause_s:
            self._parts.tell(Notice(f"waiting for the server: {fault}", error=fault))
        self._pause_s = min(max(self._pause_s * 2, self._parts.timing.pause_s), LONGEST_PAUSE_S)
        self.disconnect()
