"""`pipl work bundle|unbundle|relocate`: workspaces that travel."""

from __future__ import annotations

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option, workspace_option


@click.command(epilog="Example: pipl work bundle ~/usb/sh010")
@click.argument("bundle_path", metavar="DIR")
@click.option("--all-platforms", is_flag=True, help="Files for all platforms of the lock.")
@workspace_option
@json_option
def bundle(
    bundle_path: str, all_platforms: bool, workspace_path: str | None, as_json: bool
) -> None:
    """Write lock, wheels, edited packls and assets to the new folder DIR."""
    from pipl.workspace.bundle import make

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with (
        render.progress(quiet=as_json) as progress,
        here.client(workspace.binding) as client,
    ):
        made = make.bundle(
            workspace,
            here.cwd / bundle_path,
            client,
            here.installer,
            here.environ,
            every_platform=all_platforms,
            progress=progress,
        )
    if as_json:
        render.print_json({"bundle": made})
        return
    click.echo(
        f"Bundled {workspace.name} in {made.folder}: {made.wheels} wheels, {made.assets} assets, "
        f"{len(made.sources)} edited packls, {render.size(made.size)}"
    )
    click.echo(f"Anywhere: pipl work unbundle {made.folder}")


@click.command(epilog="Example: pipl work unbundle ~/usb/sh010 --new-area")
@click.argument("bundle_path", metavar="DIR")
@click.argument("workspace_name", required=False, metavar="[NAME]")
@click.option("--new-area", is_flag=True, help="Make the current folder a workarea if need be.")
@json_option
def unbundle(bundle_path: str, workspace_name: str | None, new_area: bool, as_json: bool) -> None:
    """Make a workspace from a bundle, with no network; every file is verified first."""
    from pipl.workspace.bundle import unbundle as unbundling

    here = Here.now()
    source = here.existing(bundle_path)
    workarea = unbundling.workarea_for(source, here.cwd, new=new_area)
    with render.progress(quiet=as_json) as progress:
        workspace = unbundling.unbundle(
            source,
            workarea,
            here.installer,
            here.environ,
            name=workspace_name,
            progress=progress,
        )
    if as_json:
        render.print_json({"workspace": workspace})
    else:
        click.echo(f"Made the workspace {workspace.folder} from {source}")


@click.command(epilog="Example: mv sh010 /disk2/work/ && pipl work relocate /disk2/work/sh010")
@click.argument("workspace_path", default=".", metavar="[WORKSPACE_PATH]")
@json_option
def relocate(workspace_path: str, as_json: bool) -> None:
    """Lead the environment of a workspace that was moved to where it is now."""
    from pipl.workspace import relocating

    here = Here.now()
    workspace = here.workspace(workspace_path)
    moved = relocating.relocate(here.place(workspace))
    if as_json:
        render.print_json({"relocated": moved})
    elif moved.was is None:
        click.echo(f"{workspace.folder} was not moved")
    else:
        click.echo(f"Relocated {workspace.folder} from {moved.was} ({moved.files} files)")
