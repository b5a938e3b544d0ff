"""Hooks by which devpi-server finds the plugin (entry point group `devpi_server`)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from devpi_server.config import Config, hookimpl
from pyramid.config import Configurator  # type: ignore[import-untyped]  # publishes no types

from pipl.web import requirements, views
from pipl.web.reserved import INDEX_TYPE, ReservingCustomizer


@hookimpl
def devpiserver_add_parser_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("pipl options")
    group.add_argument(
        "--pipl-project",
        metavar="PATH",
        default=None,
        help="The folder of the pipl project that this server belongs to; its assets are served.",
    )


@hookimpl
def devpiserver_get_features() -> set[str]:
    return {"pipl"}


@hookimpl
def devpiserver_get_stage_customizer_classes() -> list[tuple[str, type]]:
    return [(INDEX_TYPE, ReservingCustomizer)]


@hookimpl
def devpiserver_pyramid_configure(config: Config, pyramid_config: Configurator) -> None:
    project = getattr(config.args, "pipl_project", None)
    views.configure(pyramid_config, Path(project).absolute() if project else None)
    requirements.configure(pyramid_config, config.server_path)
