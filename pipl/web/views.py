"""The plugin's pages below `/+pipl/`."""

from __future__ import annotations

from pathlib import Path

from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

import pipl
from pipl.web import addresses, events, lag, mark
from pipl.web.turns import Limits, Turns

FEATURES = ["assets", "assets-stored", "events", "index-type", "pages", "requirements", "yanked"]
PROJECT = "pipl_project"
"""Where the registry keeps the project's folder, None without one."""


def configure(config: Configurator, project: Path | None, limits: Limits) -> None:
    """Add the routes; before devpi's own, of which `/{user}/{index}` would take them."""
    config.registry[PROJECT] = project
    config.registry[events.TURNS] = Turns(limits)
    config.set_execution_policy(addresses.policy)
    config.add_tween(
        "pipl.web.assets.tween",
        under="devpi_server.views.tween_request_logging",
        over="devpi_server.views.tween_keyfs_transaction",
    )
    for view, path in (
        (info, "/+pipl/"),
        (events.events, "/+pipl/events"),
    ):
        config.add_route(path, path)
        config.add_view(view, route_name=path, request_method="GET")


def info(request: Request) -> Response:
    """What serves here: pipl's version, the project's name (null: none) and the platforms that it
    locks for, the feed's identity."""
    project = request.registry[PROJECT]
    said = mark.read(project) if project else None
    return Response(
        json={
            "pipl": pipl.__version__,
            "project": said.name if said else None,
            "platforms": list(said.platforms) if said else [],
            "feed": lag.feed_id(request.registry["xom"]),
            "features": FEATURES,
        }
    )
