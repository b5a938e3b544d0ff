"""Reading the server's event feed: which release files landed on which index."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from pipl.ci.event import ReleaseEvent
from pipl.errors.server import ServerBusy, UnexpectedReply
from pipl.index.client import IndexClient

PAGE_LIMIT = 500
"""How many serials the server looks through for one page."""
BEFORE_ALL = -1
CONFLICT = 409  # the server's log ends before `since`
GRACE_S = 30.0
"""How much longer than the asked waiting a reply may take."""
BUSY_ATTEMPTS = 5
LONGEST_BUSY_S = 60.0
"""A server that is busy is asked again when it says, at most so late and so often."""


@dataclass(frozen=True)
class Page:
    """What happened up to and including `serial`, oldest first.

    `mark` says which change `serial` is, 0 where the server does not say.
    """

    serial: int
    events: tuple[ReleaseEvent, ...]
    mark: int = 0


class ReadPage(Protocol):
    """`read`, or what stands for it."""

    def __call__(
        self, client: IndexClient, since: int, *, wait_s: float, mark: int = 0
    ) -> Page: ...


def read(client: IndexClient, since: int, *, wait_s: float, mark: int = 0) -> Page:
    """What happened after the serial `since`; waits up to `wait_s` for something to happen.

    `mark` is that of the page that ended with `since`. A page is bounded: there may be more
    after its serial. One with a serial before `since` says that the server's log is another
    one, such as that of a restored backup. Raises ServerDown, ServerStopped, ServerBusy,
    LoginExpired, UnexpectedReply.
    """
    path = f"/+pipl/events?since={since}&wait={wait_s:g}&limit={PAGE_LIMIT}"
    if mark:
        path += f"&mark={mark:015x}"
    try:
        reply = _patiently(lambda: client.get_json(path, timeout_s=wait_s + GRACE_S))
    except UnexpectedReply as fault:
        if fault.status == CONFLICT:
            return Page(BEFORE_ALL, ())
        raise
    try:
        return _page(reply)
    except (KeyError, TypeError, ValueError) as fault:
        raise UnexpectedReply(client.url + path, 200, f"not an event page: {fault!r}") from fault


class Reader:
    """Reads pages in the background, one at a time, with a client of its own."""

    def __init__(self, connect: Callable[[], IndexClient], read: ReadPage) -> None:
        self._connect = connect
        self._read = read
        self._client: IndexClient | None = None

    def ask(
        self, since: int, *, wait_s: float, mark: int, pause_s: float, done: Callable[[], None]
    ) -> Future[Page]:
        """Ask for the page after `since` (of that `mark`), `pause_s` from now.

        `done` is called when it is there. The future raises what connecting or reading raised.
        """
        future: Future[Page] = Future()
        future.add_done_callback(lambda _: done())

        def ask() -> None:
            try:
                time.sleep(pause_s)
                if self._client is None:
                    self._client = self._connect()
                future.set_result(self._read(self._client, since, wait_s=wait_s, mark=mark))
            except BaseException as fault:  # noqa: BLE001  it is raised where the page is used
                future.set_exception(fault)

        # A daemon, as nobody can end its waiting: it must not hold up the end of the program.
        threading.Thread(target=ask, name="ci-feed", daemon=True).start()
        return future

    def disconnect(self) -> None:
        """Connect anew for the next page."""
        self._client = None


def _patiently(ask: Callable[[], object]) -> object:
    for _ in range(BUSY_ATTEMPTS - 1):
        try:
            return ask()
        except ServerBusy as busy:
            time.sleep(min(busy.retry_after_s, LONGEST_BUSY_S))
    return ask()


def _page(reply: object) -> Page:
    if not isinstance(reply, Mapping):
        raise TypeError("not a table")
    events = tuple(ReleaseEvent.from_json(one) for one in reply["events"])
    mark = int(str(reply.get("mark") or "0")[:15], 16)
    return Page(int(reply["serial"]), events, mark)
