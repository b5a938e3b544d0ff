"""Workspaces as the project knows of them: what they lock is kept in its asset store."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option


@click.command(epilog="Example: pipl work forget /home/anna/work/sh010")
@click.argument("workspace_path")
@click.option("--project", "project_path", metavar="PATH", help="If not the current one.")
@json_option
def forget(workspace_path: str, project_path: str | None, as_json: bool) -> None:
    """Let the project forget the workspace at WORKSPACE_PATH, which is gone.

    What only its lock kept may then be collected (`pipl asset gc`).
    """
    from pipl.workspace import registered

    here = Here.now()
    path = Path(os.path.normpath(here.cwd / workspace_path))
    registered.forget(here.project(project_path).folder, path)
    if as_json:
        render.print_json({"forgotten": path})
    else:
        click.echo(f"Forgot {path}")


def show_registered(path: str, *, as_json: bool) -> None:
    """List the workspaces noted with the project at `path`, for `pipl work list --registered`."""
    from pipl.workspace import folder, registered

    found, damaged = registered.all_of(Here.now().project(path).folder)
    for fault in damaged:
        click.echo(f"warning: {fault}", err=True)
    if as_json:
        rows = [{**vars(one), "state": folder.state(one)} for one in found]
        render.print_json({"registered": rows})
        return
    render.table(
        ("workspace", "of", "on", "state"),
        [(one.folder, one.user, one.host, folder.state(one)) for one in found],
        empty="the project knows of no workspace",
    )
