"""`pipl work overlay`: production plus a change of one's own."""

from __future__ import annotations

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option


@click.command(epilog="Example: pipl work overlay try_rig sh010-layout==1.0 --edit rigs/hero_rig")
@click.argument("workspace_name")
@click.argument("production", metavar="NAME==VERSION|WORKSPACE_PATH")
@click.option("--edit", "edited", multiple=True, metavar="PACKL_PATH", help="A packl of yours.")
@click.option("--with", "versions", multiple=True, metavar="NAME==V", help="Another version.")
@json_option
def overlay(
    workspace_name: str,
    production: str,
    edited: tuple[str, ...],
    versions: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a workspace of production's lock plus packls that you edit, or other versions.

    Production is a published task version or another workspace. What differs from it is shown by
    `pipl work status`, and to prompts by the variable PIPL_OVERLAY.
    """
    from pipl.cli.moved import show_changes
    from pipl.workspace import locking, opened
    from pipl.workspace import overlay as overlays
    from pipl.workspace.overlay import Own, Production

    here = Here.now()
    workarea = here.workarea(None)
    own = Own(tuple(here.packl(path) for path in edited), versions)
    with render.progress(quiet=as_json) as progress:
        if "==" in production and not (here.cwd / production).exists():
            name, version = opened.parse_release(production)
            with here.client(workarea.binding) as client:
                lock = opened.published_lock(client, workarea.binding, name, version)
            base = Production(f"{name}=={version}", lock, (f"{name}=={version}",))
        else:
            base = Production.of_workspace(here.workspace(production))
        made = overlays.create(
            workarea, workspace_name, base, own, here.installer, progress=progress
        )
        locking.sync(made, here.installer, here.place(made), progress=progress)
    differs = overlays.differences(made)
    if as_json:
        render.print_json({"workspace": made, "differs": differs})
        return
    click.echo(f"Created the workspace {made.folder} over {base.name}")
    show_changes(differs)
