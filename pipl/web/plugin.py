"""Hooks by which devpi-server finds the plugin (entry point group `devpi_server`)."""

from __future__ import annotations

import math
from argparse import ArgumentParser
from pathlib import Path

from devpi_server.config import Config, hookimpl
from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types

from pipl.web import listings, simple, turns, views, yanks
from pipl.web.reserved import INDEX_TYPE, ReservingCustomizer
from pipl.web.turns import Limits


@hookimpl
def devpiserver_add_parser_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("pipl options")
    group.add_argument(
        "--pipl-project",
        metavar="PATH",
        default=None,
        help="The folder of the pipl project that this server belongs to; its assets are served.",
    )
    group.add_argument(
        "--pipl-feed-rate",
        metavar="N",
        type=_above_zero,
        default=None,
        help=f"How often per second one client may ask for events (default: {turns.RATE:g}).",
    )
    group.add_argument(
        "--pipl-feed-readers",
        metavar="N",
        type=int,
        default=None,
        help="How many readers may wait for events at once (default: a third of --threads).",
    )


def _above_zero(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError(text)
    return value


@hookimpl
def devpiserver_get_features() -> set[str]:
    return {"pipl"}


@hookimpl
def devpiserver_get_stage_customizer_classes() -> list[tuple[str, type]]:
    return [(INDEX_TYPE, ReservingCustomizer)]


@hookimpl
def devpiserver_pyramid_configure(config: Config, pyramid_config: Configurator) -> None:
    project = getattr(config.args, "pipl_project", None)
    limits = Limits.of(
        getattr(config.args, "pipl_feed_rate", None),
        getattr(config.args, "pipl_feed_readers", None),
        threads=config.args.threads,
    )
    views.configure(pyramid_config, Path(project).absolute() if project else None, limits)
    listings.configure(pyramid_config, config.server_path)
    simple.configure(pyramid_config)
    yanks.configure(pyramid_config)
