"""The page `/+pipl/yanked`: taking a version back, so that nobody chooses it any more (PEP 592)."""

from __future__ import annotations

import time
from typing import Any

from devpi_server.replica import proxy_write_to_primary
from packaging.utils import canonicalize_name
from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types
from pyramid.httpexceptions import HTTPBadRequest, HTTPNotFound  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

from pipl.index.pages import MAX_REASON, TIME_FORMAT, YANKED
from pipl.web import access, pages, reserved


def configure(config: Configurator) -> None:
    config.add_route(YANKED, YANKED)
    config.add_view(yank, route_name=YANKED, request_method="POST")


def yank(request: Request) -> Response:
    """`?index=USER/NAME` with JSON `project`, `version` and `reason`; null undoes it.

    For who may upload to that index. It is a part of the version's state there, and so reaches
    replicas. 400 for what is not asked so, 401 or 403 for who may not, 404 where the index does
    not hold that version.
    """
    xom = request.registry["xom"]
    if xom.is_replica():
        return proxy_write_to_primary(xom, request)  # type: ignore[no-untyped-call]
    stage = _stage(request)
    access.require(request, access.UPLOAD, stage, f"yanking on {stage.name}")
    project, version, reason = _asked(request)
    held = stage.list_versions_perstage(project)
    if version not in held:
        raise HTTPNotFound(explanation=f"{stage.name} does not hold {project} {version}")
    with stage.key_projversion(project, version).update() as state:
        if reason is None:
            state.pop(pages.YANKED, None)
        else:
            state[pages.YANKED] = {
                "reason": reason,
                "who": request.authenticated_userid or "",
                "when": time.strftime(TIME_FORMAT, time.gmtime()),
            }
    return Response(json={"project": project, "version": version, "yanked": reason})


def _stage(request: Request) -> Any:
    name = request.params.get("index", "")
    stage = request.registry["xom"].model.getstage(name) if name.count("/") == 1 else None
    if stage is None or reserved.is_mirror(stage):
        raise HTTPNotFound(explanation=f"there is no index {name} that holds releases")
    return stage


def _asked(request: Request) -> tuple[str, str, str | None]:
    """Project, version, reason. Raises HTTPBadRequest."""
    try:
        match request.json_body:
            case {"project": str(project), "version": str(version), "reason": str() | None as why}:
                if why is not None and (len(why) > MAX_REASON or not why.isprintable()):
                    raise HTTPBadRequest(
                        explanation=f"a reason is one line of at most {MAX_REASON} characters"
                    )
                return canonicalize_name(project), version, why
    except ValueError:  # no JSON, or not UTF-8
        pass
    raise HTTPBadRequest(explanation="project, version and reason are texts in a JSON table")
