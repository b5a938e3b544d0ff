"""`pipl packl build|publish|upload`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option, packl_option

if TYPE_CHECKING:
    from pipl.index.devpi import DevpiClient
    from pipl.packl.publish import Published
    from pipl.project.binding import Binding
    from pipl.workspace.folder import Workspace


@click.command(epilog="Example: pipl packl build")
@packl_option
@json_option
def build(packl_path: str | None, as_json: bool) -> None:
    """Build the packl's sdist and wheel into its dist/ folder."""
    from pipl.packl import publish as publishing
    from pipl.workspace import carried
    from pipl_pipe import packl

    here = Here.now()
    source = packl.read(here.packl(packl_path))
    workspace = _workspace(here, str(source.folder))
    with render.progress(quiet=as_json) as progress:
        built = publishing.build(
            source,
            here.builder(workspace.binding.index_url if workspace else None),
            lock=carried.carried_lock(workspace, here.installer) if workspace else None,
            progress=progress,
        )
    if as_json:
        render.print_json({"sdist": built.sdist, "wheel": built.wheel})
    else:
        click.echo(f"Built {built.sdist}\nBuilt {built.wheel}")


@click.command(epilog="Example: pipl packl publish --to root/testing")
@click.option("--to", "index_name", metavar="INDEX", help="The stage, if it is not the only one.")
@packl_option
@json_option
def publish(index_name: str | None, packl_path: str | None, as_json: bool) -> None:
    """Publish the packl to a stage, where CI takes over."""
    here = Here.now()
    binding = here.binding(packl_path)
    with here.client(binding, doing="publishing") as client:
        published = _publish(here, client, binding, index_name, packl_path, quiet=as_json)
    _show(published, as_json=as_json)


@click.command(epilog="Example: pipl packl upload - -u bob -i root/testing")
@click.argument("password")
@click.option("-u", "--user", default="root", show_default=True, help="Whose password it is.")
@click.option("-i", "--index-name", "--index", help="The index, if it is not the only stage.")
@packl_option
@json_option
def upload(
    password: str, user: str, index_name: str | None, packl_path: str | None, as_json: bool
) -> None:
    """Publish the packl with a password; - asks for it, "" leaves it to the login."""
    here = Here.now()
    binding = here.binding(packl_path)
    with here.client_with(binding, password, user=user) as client:
        published = _publish(here, client, binding, index_name, packl_path, quiet=as_json)
    _show(published, as_json=as_json)


def _publish(
    here: Here,
    client: DevpiClient,
    binding: Binding,
    index_name: str | None,
    packl_path: str | None,
    *,
    quiet: bool,
) -> Published:
    from pipl.index.name import IndexName
    from pipl.packl import publish as publishing
    from pipl.workspace import carried
    from pipl_pipe import packl

    source = packl.read(here.packl(packl_path))
    workspace = _workspace(here, str(source.folder))
    with render.progress(quiet=quiet) as progress:
        return publishing.publish(
            source,
            client,
            IndexName.parse(index_name)
            if index_name
            else publishing.choose_stage(client, binding.index),
            here.builder(binding.index_url),
            lock=carried.carried_lock(workspace, here.installer) if workspace else None,
            cache=here.cache_folder,
            progress=progress,
        )


def _workspace(here: Here, path: str) -> Workspace | None:
    from pipl.errors.usage import NoWorkspace

    try:
        return here.workspace(path)
    except NoWorkspace:
        return None


def _show(published: Published, *, as_json: bool) -> None:
    if as_json:
        render.print_json({"published": published})
        return
    click.echo(f"Published {published.name} {published.version} to {published.index}")
    click.echo("What CI does with it: pipl ci status")
