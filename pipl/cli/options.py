"""The options and arguments that commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def json_option(command: F) -> F:
    """`--json`: print one JSON document with stable keys."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON for machines (docs/reference/json.md)."
    )(command)


def project_argument(command: F) -> F:
    """The optional project path, as the last argument."""
    return click.argument("project_path", default=".", metavar="[PROJECT_PATH]")(command)


def as_of_option(command: F) -> F:
    """`--as-of`: the index as it was at a time, which is given on as the index tells times."""
    return click.option(
        "--as-of",
        "as_of",
        default=None,
        metavar="TIME",
        callback=_time,
        help="Resolve with what was on the index then, such as 2026-03-01T12:00.",
    )(command)


def _time(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    from pipl.index import pages

    return pages.time_of(text, None)


def workspace_option(command: F) -> F:
    """`-w`: another workspace than the current folder's."""
    return click.option(
        "-w",
        "--workspace",
        "workspace_path",
        default=None,
        metavar="PATH",
        help="The workspace, if not the current one.",
    )(command)


def packl_option(command: F) -> F:
    """`-p`: another packl than the current folder's."""
    return click.option(
        "-p",
        "--packl",
        "packl_path",
        default=None,
        metavar="PATH",
        help="The packl, if not the current one.",
    )(command)
