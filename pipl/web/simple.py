"""Simple pages of the projects that pipl indexes hold: with PEP 700's fields and yanks (PEP 592).

devpi's own pages stay for whatever mirrors have. With a time in the address a page shows what
was on the index then: `/+pipl/as-of/TIME/USER/INDEX/+simple/PROJECT/`.
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

from devpi_server import views as devpi_views
from packaging.utils import canonicalize_name
from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types
from pyramid.httpexceptions import HTTPBadRequest  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

from pipl.errors.usage import InvalidTime
from pipl.index import simple_page
from pipl.index.pages import AS_OF, Page, time_of
from pipl.web import pages
from pipl.web.reserved import INDEX_TYPE

JSON = devpi_views.SIMPLE_API_V1_JSON
_PLACE = "/{user}/{index}/+simple/{project}"


class HeldByProject:
    """View predicate: the page is of a `pipl` index that holds the project (no mirror does)."""

    def __init__(self, value: bool, config: Configurator) -> None:
        self._value = value

    def text(self) -> str:
        return f"held_by_project = {self._value}"

    phash = text

    def __call__(self, context: object, request: Request) -> bool:
        if not request.path_info.endswith("/") and not _is_installer(request):
            return False  # devpi leads people to the address with a slash
        return (_stages(request) != []) is self._value


def configure(config: Configurator) -> None:
    """Put our page before devpi's, which has fewer predicates."""
    config.add_view_predicate("held_by_project", HeldByProject)
    for route in (_PLACE, f"{_PLACE}/", "installer_simple_project"):
        config.add_view(simple, route_name=route, request_method="GET", held_by_project=True)
    route = f"{AS_OF}/{{time}}{_PLACE}/"
    config.add_route(route, route)
    config.add_view(as_of, route_name=route, request_method="GET")


def simple(request: Request) -> Response:
    """The page of a project, as JSON (PEP 691) or HTML as the asker prefers."""
    return _render(request, pages.of_project(_stages(request), _project(request)))


def as_of(request: Request) -> Response:
    """The page as it was at a time. A project that only mirrors have is shown as it is now.

    400 for what is no time.
    """
    try:
        time = time_of(request.matchdict["time"], timezone.utc)
    except InvalidTime as fault:
        raise HTTPBadRequest(explanation=str(fault)) from None
    stages = _stages(request)
    if not stages:
        view: Any = devpi_views.PyPIView(request)  # type: ignore[no-untyped-call]
        return view.simple_list_project()
    return _render(request, pages.of_project(stages, _project(request)).as_of(time))


def _is_installer(request: Request) -> bool:
    return bool(devpi_views.is_simple_json_or_requested_by_installer(request))  # type: ignore[no-untyped-call]


def _project(request: Request) -> str:
    return canonicalize_name(request.matchdict["project"].rstrip("/"))


def _stages(request: Request) -> list[Any]:
    """The private indexes that have the project, nearest first; none for another kind of index."""
    place = request.matchdict
    stage = request.registry["xom"].model.getstage(place["user"], place["index"])
    if stage is None or stage.ixconfig["type"] != INDEX_TYPE:
        return []
    project = _project(request)
    return [one for one in pages.private_bases(stage) if one.has_project_perstage(project)]


def _render(request: Request, page: Page) -> Response:
    kind = JSON if devpi_views.is_simple_json(request) else "text/html"  # type: ignore[no-untyped-call]
    args = request.registry["xom"].config.args
    if args.absolute_urls or "HTTP_X_DEVPI_ABSOLUTE_URLS" in request.environ:
        root = f"{request.application_url.rstrip('/')}/"
    else:
        root = "../" * (request.path_info.count("/") - 1)
    text = simple_page.as_json(page, root) if kind == JSON else simple_page.as_html(page, root)
    return Response(
        body=text.encode("utf-8"),
        content_type=kind,
        charset=None if kind == JSON else "utf-8",
        vary=("Accept", "User-Agent"),
    )
