"""`pipl asset path, add, checkout, copy`: assets out of the store, and into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.asset_here import AssetsHere, place_options
from pipl.cli.here import Here
from pipl.cli.options import json_option, workspace_option
from pipl.errors.asset import StoreReplaced
from pipl.errors.env import NotInstalled
from pipl.progress import Counted

if TYPE_CHECKING:
    from pipl.workspace.folder import Workspace


@click.command(epilog="Example: pipl asset path hero_geo model")
@click.argument("product")
@click.argument("name", required=False)
@workspace_option
@json_option
def path(product: str, name: str | None, workspace_path: str | None, as_json: bool) -> None:
    """Print the versioned path of the asset NAME of PRODUCT in the store.

    What is not on this machine yet is fetched first.
    """
    assets = AssetsHere.find(workspace_path)
    try:
        found = _path(assets, product, name, quiet=as_json)
    except StoreReplaced:
        answer = _ask(assets.workspace, ["asset-path", product, str(name)])
        found = Path(str(answer["path"]))
    if as_json:
        render.print_json({"path": found})
    else:
        click.echo(found)


@click.command(epilog="Example: pipl asset add textures/hero --product hero_geo")
@click.argument("path", type=click.Path(exists=True))
@click.option(
    "--product", default="loose", show_default=True, help="Whose asset it is, for people."
)
@click.option(
    "--link",
    is_flag=True,
    help="Give the files up to the store instead of copying them: they become read-only and "
    "must not be changed any more. Executables, and files on another file system, of another "
    "user or open in a program that writes them, are copied.",
)
@place_options
@json_option
def add(
    path: str,
    product: str,
    link: bool,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> None:
    """Store the file or folder at PATH and print its revision."""
    assets = AssetsHere.find(workspace_path, project_path)
    source = assets.here.cwd / path
    try:
        answer = _add(assets, source, product, link=link, quiet=as_json)
    except StoreReplaced:
        given_up = ["--link"] if link else []
        answer = _ask(assets.workspace, ["asset-add", str(source), product, *given_up])
    if as_json:
        render.print_json(answer)
    else:
        click.echo(answer["revision"])


@click.command(epilog="Example: pipl asset checkout hero_geo model ~/edit/model.usdc")
@click.argument("product")
@click.argument("name")
@click.argument("destination", type=click.Path())
@click.option("--force", is_flag=True, help="Replace what is there.")
@workspace_option
@json_option
def checkout(
    product: str,
    name: str,
    destination: str,
    force: bool,
    workspace_path: str | None,
    as_json: bool,
) -> None:
    """Make a writable copy of the asset NAME of PRODUCT at DESTINATION.

    PRODUCT may name a version, as hero_geo==1.2.0. Editing the copy never changes the asset.
    """
    from pipl.asset import checkout as copies
    from pipl_pipe.asset import places

    assets = AssetsHere.find(workspace_path)
    chosen = assets.one(product, name)
    target = assets.here.cwd / destination
    assets.expect_apart(target)
    if force:
        assets.expect_replaceable(target)
    with render.progress(quiet=as_json) as progress:
        progress.phase(f"copying {chosen.product}/{chosen.reference.name}")
        counted = Counted(progress)
        with places.opened(assets.places, counted) as store:
            made = copies.checkout(store, chosen, target, force=force, progress=counted)
    if as_json:
        render.print_json({"checkout": made, "revision": chosen.reference.revision})
    else:
        click.echo(f"Copied {chosen.product}/{chosen.reference.name} to {made}; edit it freely")


@click.command(epilog="Example: pipl asset copy /media/usb/sh010")
@click.argument("destination")
@workspace_option
@json_option
def copy(destination: str, workspace_path: str | None, as_json: bool) -> None:
    """Copy all assets of the workspace to a folder that works with no project.

    They are laid out as in the asset view; sourcing `use.sh` in the folder points programs to
    them as the workspace's env sets do. Run again, it copies what changed.
    """
    target = Here.now().cwd / destination
    if not destination or (target.exists() and not target.is_dir()):
        raise click.UsageError(f"{destination!r} is not a folder to copy to")
    assets = AssetsHere.find(workspace_path)
    try:
        assets.expect_apart(target)
        answer = _copy(assets, target, quiet=as_json)
    except StoreReplaced:
        answer = _ask(assets.workspace, ["copy-assets", str(target)])
    if as_json:
        render.print_json(answer)
    else:
        kept = f", {answer['kept']} there already" if answer["kept"] else ""
        click.echo(f"Copied {answer['copied']} asset(s) to {answer['destination']}{kept}")


def _path(assets: AssetsHere, product: str, name: str | None, *, quiet: bool) -> Path:
    from pipl_pipe.asset import places

    chosen = assets.one(product, name)
    with render.progress(quiet=quiet or render.is_piped()) as progress:
        counted = Counted(progress)
        with places.opened(assets.places, counted) as store:
            return store.path(chosen.product or "loose", chosen.reference)


def _add(
    assets: AssetsHere, source: Path, product: str, *, link: bool, quiet: bool
) -> dict[str, object]:
    from pipl_pipe.asset import places

    with render.progress(quiet=quiet or render.is_piped()) as progress:
        counted = Counted(progress)
        progress.phase(f"storing {source.name}")
        with places.opened(assets.places, counted) as store:
            stored = store.add(source, product=product, link=link, progress=counted)
    return {"revision": stored.revision, "size": stored.size}


def _copy(assets: AssetsHere, target: Path, *, quiet: bool) -> dict[str, object]:
    from pipl.asset import checkout as copies
    from pipl.workspace import settled
    from pipl_pipe.asset import places

    chosen = assets.chosen(None, None)
    assert assets.workspace is not None
    told = settled.read(assets.workspace.environment)
    with render.progress(quiet=quiet) as progress:
        progress.phase(f"copying {len(chosen)} assets")
        counted = Counted(progress)
        with places.opened(assets.places, counted) as store:
            laid = copies.copy(
                store, chosen, target, told.env, assets.workspace.assets, progress=counted
            )
    return {
        "destination": str(target),
        "copied": len(laid.laid),
        "kept": len(laid.kept),
        "broken": told.broken,
    }


def _ask(workspace: Workspace | None, arguments: list[str]) -> dict[str, object]:
    """Let the workspace's own interpreter do it: its store is another than the built-in one."""
    from pipl.workspace import place
    from pipl.workspace.materialise import ask_pipe

    assert workspace is not None
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    place.expect_unmoved(workspace.environment, workspace.folder)
    return ask_pipe(workspace.environment, arguments, Here.now().environ)
