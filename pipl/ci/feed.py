"""Reading the server's event feed: which release files landed on which index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipl.ci.event import ReleaseEvent
from pipl.errors import UnexpectedReply
from pipl.index.client import IndexClient

PAGE_LIMIT = 200
"""How many serials the server looks through for one page."""
GRACE_S = 30.0
"""How much longer than the asked waiting a reply may take."""


@dataclass(frozen=True)
class Page:
    """What happened up to and including `serial`, oldest first."""

    serial: int
    events: tuple[ReleaseEvent, ...]


def read(client: IndexClient, since: int, *, wait_s: float) -> Page:
    """What happened after the serial `since`; waits up to `wait_s` for something to happen.

    A page is bounded: there may be more after its serial. Raises ServerDown, ServerStopped,
    LoginExpired, UnexpectedReply.
    """
    path = f"/+pipl/events?since={since}&wait={wait_s:g}&limit={PAGE_LIMIT}"
    reply = client.get_json(path, timeout_s=wait_s + GRACE_S)
    try:
        return _page(reply)
    except (KeyError, TypeError, ValueError) as fault:
        raise UnexpectedReply(client.url + path, 200, f"not an event page: {fault!r}") from fault


def _page(reply: object) -> Page:
    if not isinstance(reply, Mapping):
        raise TypeError("not a table")
    return Page(int(reply["serial"]), tuple(ReleaseEvent.from_json(one) for one in reply["events"]))
