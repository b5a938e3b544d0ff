"""The plugin's pages below `/+pipl/`."""

from __future__ import annotations

import time
from pathlib import Path

from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types
from pyramid.httpexceptions import HTTPBadRequest, HTTPConflict  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

import pipl
from pipl.web import addresses, feed, mark

FEATURES = ["assets", "assets-stored", "events", "index-type"]
MAX_WAIT_S = 60.0
MAX_LIMIT = 1000
PROJECT = "pipl_project"
"""Where the registry keeps the project's folder, None without one."""


def configure(config: Configurator, project: Path | None) -> None:
    """Add the routes; before devpi's own, of which `/{user}/{index}` would take them."""
    config.registry[PROJECT] = project
    config.set_execution_policy(addresses.policy)
    config.add_tween(
        "pipl.web.assets.tween",
        under="devpi_server.views.tween_request_logging",
        over="devpi_server.views.tween_keyfs_transaction",
    )
    for view, path in (
        (info, "/+pipl/"),
        (events, "/+pipl/events"),
    ):
        config.add_route(path, path)
        config.add_view(view, route_name=path, request_method="GET")


def info(request: Request) -> Response:
    """What serves here: pipl's version, the project's name (null: none), the feed's identity."""
    project = request.registry[PROJECT]
    return Response(
        json={
            "pipl": pipl.__version__,
            "project": mark.read(project).name if project else None,
            "feed": _feed_id(request),
            "features": FEATURES,
        }
    )


def events(request: Request) -> Response:
    """`?since=SERIAL&wait=SECONDS&limit=SERIALS`: a page of the feed.

    Answers at the first change that matters, at the latest after `wait` (up to 60) seconds.
    409 where `since` is ahead of the log: the server's database is not the one that gave it.
    """
    since = _number(request, "since", -1, low=-1)
    wait_s = min(_number(request, "wait", 0.0, low=0.0), MAX_WAIT_S)
    limit = int(min(_number(request, "limit", MAX_LIMIT, low=1), MAX_LIMIT))
    xom = request.registry["xom"]
    if since > xom.keyfs.get_current_serial():
        raise HTTPConflict(explanation=f"the log ends before serial {since:g}")
    deadline = time.monotonic() + wait_s
    page = feed.Page(int(since), ())
    while True:
        page = feed.read(
            xom.keyfs,
            page.serial,
            limit=limit - (page.serial - int(since)),
            readable=lambda name: _may_read(request, name),
        )
        left_s = deadline - time.monotonic()
        if page.events or page.serial - int(since) >= limit or left_s <= 0:
            break
        arrived = xom.keyfs.wait_tx_serial(
            page.serial + 1, timeout=left_s, recheck_callback=xom.thread_pool.exit_if_shutdown
        )
        if not arrived:
            break
        xom.keyfs.restart_read_transaction()  # to see the indexes as they are now
    return Response(
        json={
            "serial": page.serial,
            "events": [event.to_json() for event in page.events],
            "feed": _feed_id(request),
        }
    )


def _may_read(request: Request, index: str) -> bool:
    stage = request.registry["xom"].model.getstage(index)
    return stage is not None and bool(request.has_permission("pkg_read", stage))


def _number(request: Request, name: str, default: float, *, low: float) -> float:
    text = request.params.get(name)
    try:
        value = float(default if text is None else text)
    except ValueError:
        raise HTTPBadRequest(explanation=f"{name} must be a number") from None
    if not low <= value < 2**53:
        raise HTTPBadRequest(explanation=f"{name} must be at least {low:g}")
    return value


def _feed_id(request: Request) -> str:
    """Changes with the server's database, whose serials no other's can be compared with."""
    return str(request.registry["xom"].config.nodeinfo["uuid"])
