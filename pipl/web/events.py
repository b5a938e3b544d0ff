"""The page `/+pipl/events`: what landed since a serial, or lands while the reader waits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import (  # type: ignore[import-untyped]  # publishes no types
    HTTPBadRequest,
    HTTPException,
    HTTPServiceUnavailable,
    HTTPTooManyRequests,
)
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

from pipl.web import access, feed, lag
from pipl.web.turns import NotYet, Turns

MAX_WAIT_S = 60.0
MAX_LIMIT = 1000
TURNS = "pipl_turns"
"""Where the registry keeps them."""


@dataclass(frozen=True)
class Question:
    """Asks for what came after `since`; looks through at most `limit` serials for it.

    `mark` is what the reader was told of `since`, empty where it does not know.
    """

    since: int
    wait_s: float
    limit: int
    mark: str

    @classmethod
    def of(cls, request: Request) -> Question:
        """Raises HTTPBadRequest."""
        return cls(
            since=int(_number(request, "since", -1, low=-1)),
            wait_s=min(_number(request, "wait", 0.0, low=0.0), MAX_WAIT_S),
            limit=int(min(_number(request, "limit", MAX_LIMIT, low=1), MAX_LIMIT)),
            mark=str(request.params.get("mark", ""))[:40],
        )


def events(request: Request) -> Response:
    """`?since=SERIAL&wait=SECONDS&limit=SERIALS&mark=MARK`: a page of the feed.

    Answers at the first change that matters, at the latest after `wait` (up to 60) seconds.
    403 for a login that is not good: as nobody its reader would miss events for ever. 409 where
    `since` is ahead of the log, or is another change there than the one of `mark`: the server's
    database is not the one that gave it, or was restored from a backup. 429 and 503,
    with Retry-After, where others have to have their turn first.
    """
    try:
        client = f"{access.identify(request) or ''}@{request.remote_addr}"
        request.registry[TURNS].take(client)
        return _answer(request, Question.of(request), client)
    except NotYet as fault:
        kind = HTTPServiceUnavailable if fault.is_full else HTTPTooManyRequests
        return kind(explanation=fault.reason, headers=[("Retry-After", str(fault.retry_after_s))])
    except HTTPException as refusal:
        return refusal  # raised, it would lose its headers in devpi's own page for errors


def _answer(request: Request, question: Question, client: str) -> Response:
    """Raises NotYet, HTTPException."""
    xom: Any = request.registry["xom"]
    turns: Turns = request.registry[TURNS]
    feed_id = lag.feed_id(xom)
    if feed_id is None:
        raise lag.not_in_touch("has not met its primary yet")
    if question.since > xom.keyfs.get_current_serial():
        with turns.wait(client):
            lag.catch_up(xom, question.since)
    if question.mark and question.mark != feed.mark_of(xom.keyfs, question.since):
        raise lag.another(question.since)
    page = _read(request, question, question.since)
    if not _is_enough(page, question) and question.wait_s:
        with turns.wait(client):
            page = _await(request, question, page)
    return Response(
        json={
            "serial": page.serial,
            "events": [event.to_json() for event in page.events],
            "feed": feed_id,
            "mark": feed.mark_of(xom.keyfs, page.serial),
        }
    )


def _await(request: Request, question: Question, page: feed.Page) -> feed.Page:
    """Read on until there is enough or the time is over."""
    xom: Any = request.registry["xom"]
    deadline = time.monotonic() + question.wait_s
    while not _is_enough(page, question) and (left_s := deadline - time.monotonic()) > 0:
        arrived = xom.keyfs.wait_tx_serial(
            page.serial + 1, timeout=left_s, recheck_callback=xom.thread_pool.exit_if_shutdown
        )
        if not arrived:
            break
        xom.keyfs.restart_read_transaction()  # to see the indexes as they are now
        access.identify(request)  # and the reader
        page = _read(request, question, page.serial)
    return page


def _read(request: Request, question: Question, since: int) -> feed.Page:
    return feed.read(
        request.registry["xom"].keyfs,
        since,
        limit=question.limit - (since - question.since),
        readable=access.readable_by(request),
    )


def _is_enough(page: feed.Page, question: Question) -> bool:
    return bool(page.events) or page.serial - question.since >= question.limit


def _number(request: Request, name: str, default: float, *, low: float) -> float:
    text = request.params.get(name)
    try:
        value = float(default if text is None else text)
    except ValueError:
        raise HTTPBadRequest(explanation=f"{name} must be a number") from None
    if not low <= value < 2**53:
        raise HTTPBadRequest(explanation=f"{name} must be at least {low:g}")
    return value
