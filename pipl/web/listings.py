"""Pages that list an index in one answer, and what has changed since a serial.

`/+pipl/requirements`: what everything on it requires. `/+pipl/pages`: its simple pages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from devpi_server.replica import proxy_view_to_primary
from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types
from pyramid.httpexceptions import HTTPBadRequest, HTTPNotFound  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

from pipl.index import listing, requirements
from pipl.web import access, packls, pages, reserved
from pipl.web.packls import Packls, View

PAGE_SIZE = 1000
"""Projects in one answer."""
PACKLS = "pipl_packls"
"""Where the registry keeps what was found out."""


def configure(config: Configurator, server: Path) -> None:
    """Add the pages; `server` is the folder of devpi's database."""
    config.registry[PACKLS] = None
    config.registry[f"{PACKLS}_path"] = server / packls.NAME
    for view, path in ((tell_requirements, requirements.PAGE), (tell_pages, listing.PAGES)):
        config.add_route(path, path)
        config.add_view(view, route_name=path, request_method="GET")


def tell_requirements(request: Request) -> Response:
    """The newest release of each project; indexes that the asker may not read are passed over."""

    def find(view: View, stages: list[Any], names: list[str]) -> Mapping[str, Any]:
        return view.newest(stages, names, _mirrors(request))

    return _tell(request, "packls", find)


def tell_pages(request: Request) -> Response:
    """All files of each project. 401 or 403 unless all indexes inherited may be read too.

    Nobody is told less than the simple pages show: names would be taken from elsewhere.
    """

    def find(view: View, stages: list[Any], names: list[str]) -> Mapping[str, Any]:
        return view.pages(stages, names)

    stage = None if request.registry["xom"].is_replica() else _stage(request)
    for one in [] if stage is None else pages.private_bases(stage):
        access.require(request, access.READ, one, f"reading the index {one.name}")
    return _tell(request, "pages", find)


def _tell(
    request: Request,
    key: str,
    find: Callable[[View, list[Any], list[str]], Mapping[str, Any]],
) -> Response:
    """`?index=USER/NAME&since=SERIAL&after=NAME&limit=PROJECTS`: a page of projects, by name.

    Without `since` (or with one that changes are not known from any more) all of them, else
    those that have changed after it; `after` goes on behind a name. At most `limit` (up to
    1000) are told, as `find` finds them on indexes, nearest first. 404 where there is no such
    index, 401 or 403 for who may not read it.
    """
    xom = request.registry["xom"]
    if xom.is_replica():  # whose files may still be on their way
        return proxy_view_to_primary(None, request)  # type: ignore[no-untyped-call]
    stage = _stage(request)
    since = _number(request, "since", listing.EVERYTHING, low=listing.EVERYTHING)
    limit = min(_number(request, "limit", PAGE_SIZE, low=1), PAGE_SIZE)
    after = request.params.get("after", "")
    access.require(request, access.READ, stage, f"reading the index {stage.name}")
    private = [one for one in pages.private_bases(stage) if access.may(request, access.READ, one)]
    places = [one.name for one in private]
    with _packls(request).looking() as view:
        full = not view.first <= since <= view.serial
        if full:
            names = {name for one in private for name in one.list_projects_perstage()}
        else:
            names = view.changed(since, places)
        listed = sorted(name for name in names if name > after)
        page = listed[:limit]
        found = find(view, private, page)
        return Response(
            json={
                "feed": _feed_id(xom),
                "serial": view.serial,
                "sources": places,
                "mirrors": {
                    one.name: _digest(one.ixconfig)
                    for one in stage.sro()
                    if reserved.is_mirror(one)
                },
                "full": full,
                "next": page[-1] if len(listed) > len(page) else None,
                key: [found[name] for name in page if name in found],
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


def _mirrors(request: Request) -> list[str]:
    """The names of all mirrors."""
    return [
        one.name
        for user in request.registry["xom"].model.get_userlist()
        for one in user.getstages()
        if reserved.is_mirror(one)
    ]


def _packls(request: Request) -> Packls:
    registry = request.registry
    if registry[PACKLS] is None:
        xom = registry["xom"]
        registry[PACKLS] = Packls(registry[f"{PACKLS}_path"], xom.keyfs, _feed_id(xom))
    found: Packls = registry[PACKLS]
    return found


def _digest(settings: Mapping[str, Any]) -> str:
    """By which it is seen that a mirror has become another; its URL may hold a password."""
    text = json.dumps(dict(settings), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _feed_id(xom: Any) -> str:
    return str(xom.config.nodeinfo["uuid"])
