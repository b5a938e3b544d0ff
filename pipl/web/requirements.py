"""The page `/+pipl/requirements`: what everything on an index requires, in one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devpi_server.replica import proxy_view_to_primary
from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types
from pyramid.httpexceptions import HTTPBadRequest, HTTPNotFound  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

from pipl.index import requirements
from pipl.web import access, packls, reserved
from pipl.web.packls import Packls

PAGE_SIZE = 1000
"""Projects in one answer."""
PACKLS = "pipl_packls"
"""Where the registry keeps what was found out."""


def configure(config: Configurator, server: Path) -> None:
    """Add the page; `server` is the folder of devpi's database."""
    config.registry[PACKLS] = None
    config.registry[f"{PACKLS}_path"] = server / packls.NAME
    config.add_route(requirements.PAGE, requirements.PAGE)
    config.add_view(tell, route_name=requirements.PAGE, request_method="GET")


def tell(request: Request) -> Response:
    """`?index=USER/NAME&since=SERIAL&after=NAME&limit=PACKLS`: a page of packls, by name.

    Without `since` (or with one that changes are not known from any more) all of them, else
    those that have changed after it; `after` goes on behind a name. At most `limit` (up to
    1000) are told. 404 where there is no such
    index, 401 or 403 for who may not read it.
    """
    xom = request.registry["xom"]
    if xom.is_replica():  # whose files may still be on their way
        return proxy_view_to_primary(None, request)  # type: ignore[no-untyped-call]
    stage = _stage(request)
    since = _number(request, "since", requirements.EVERYTHING, low=requirements.EVERYTHING)
    limit = min(_number(request, "limit", PAGE_SIZE, low=1), PAGE_SIZE)
    after = request.params.get("after", "")
    access.require(request, access.READ, stage, f"reading the index {stage.name}")
    private, mirrors = _sources(request, stage)
    places = [one.name for one in private]
    with _packls(request).looking() as view:
        full = not view.first <= since <= view.serial
        if full:
            names = {name for one in private for name in one.list_projects_perstage()}
        else:
            names = view.changed(since, places)
        listed = sorted(name for name in names if name > after)
        page = listed[:limit]
        found = view.newest(private, page, mirrors)
        return Response(
            json={
                "feed": _feed_id(xom),
                "serial": view.serial,
                "sources": places,
                "full": full,
                "next": page[-1] if len(listed) > len(page) else None,
                "packls": [found[name] for name in page if name in found],
                "gone": [name for name in page if name not in found],
            }
        )


def _stage(request: Request) -> Any:
    name = request.params.get("index", "")
    if name.count("/") != 1:
        raise HTTPBadRequest(explanation="index must be given as USER/NAME")
    stage = request.registry["xom"].model.getstage(name)
    if stage is None:
        raise HTTPNotFound(explanation=f"there is no index {name}")
    return stage


def _number(request: Request, name: str, default: int, *, low: int) -> int:
    try:
        value = int(request.params.get(name, str(default)))
    except ValueError:
        raise HTTPBadRequest(explanation=f"{name} must be a number") from None
    if not low <= value < 2**53:
        raise HTTPBadRequest(explanation=f"{name} must be at least {low}")
    return value


def _sources(request: Request, stage: Any) -> tuple[list[Any], list[str]]:
    """The private indexes that the asker may read, nearest first, and the names of all mirrors."""
    private = [
        one
        for one in stage.sro()
        if not reserved.is_mirror(one) and access.may(request, access.READ, one)
    ]
    model = request.registry["xom"].model
    mirrors = [
        one.name
        for user in model.get_userlist()
        for one in user.getstages()
        if reserved.is_mirror(one)
    ]
    return private, mirrors


def _packls(request: Request) -> Packls:
    registry = request.registry
    if registry[PACKLS] is None:
        xom = registry["xom"]
        registry[PACKLS] = Packls(registry[f"{PACKLS}_path"], xom.keyfs, _feed_id(xom))
    found: Packls = registry[PACKLS]
    return found


def _feed_id(xom: Any) -> str:
    return str(xom.config.nodeinfo["uuid"])
