"""`pipl asset gc, pin, unpin, pins`: what the store keeps, and what it gives up."""

from __future__ import annotations

import re
import time

import click

from pipl.cli import render
from pipl.cli.asset_here import AssetsHere, place_options
from pipl.cli.options import json_option
from pipl.errors.asset import StoreShared

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
DEFAULT_GRACE = "14d"


def _seconds(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """`14d`, `12h`, `30m` or `0` in seconds."""
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", text)
    if found is None or (not found[2] and found[1] != "0"):
        raise click.BadParameter(f"{text!r} is not a time such as 14d or 12h")
    return float(int(found[1]) * _UNITS_S[found[2] or "s"])


@click.command(epilog="Example: pipl asset gc --dry-run")
@click.option("--dry-run", is_flag=True, help="Only say what would be collected.")
@click.option(
    "--keep", "kept", multiple=True, metavar="SPEC",
    help="Keep this besides: PRODUCT==VERSION or a revision. May be repeated.",
)  # fmt: skip
@click.option(
    "--grace", callback=_seconds, metavar="TIME", default=DEFAULT_GRACE, show_default=True,
    help="Keep what was stored since, and what was collected since.",
)  # fmt: skip
@click.option(
    "--ignore", "ignored", multiple=True, metavar="FILENAME",
    help="A wheel, or a revision, that cannot be read and that nobody can use.",
)  # fmt: skip
@click.option("--sole-user", is_flag=True, help="No other project stores in this folder.")
@click.option("--undo", is_flag=True, help="Bring back what was collected last.")
@place_options
@json_option
def gc(
    dry_run: bool,
    kept: tuple[str, ...],
    grace: float,
    ignored: tuple[str, ...],
    sole_user: bool,
    undo: bool,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> None:
    """Collect what no release, no lock of a workspace and no pin references.

    It is moved to the store's quarantine first, and deleted by a later collection once it has
    lain there for the grace period. Refused while anything that may reference assets cannot be
    read.
    """
    from pipl.asset.upkeep import collect, housekeeping

    assets = AssetsHere.find(workspace_path, project_path)
    project, objects = assets.project, assets.objects
    if not (sole_user or undo or objects.root.resolve().is_relative_to(project.folder.resolve())):
        raise StoreShared(str(objects.root), project.name)
    if undo:
        _undo(assets, as_json=as_json)
        return
    with render.progress(quiet=as_json) as progress, assets.asked() as (client, record):
        result = housekeeping.gc(
            project,
            client,
            record,
            objects,
            housekeeping.Keeping(kept, ignored),
            collect.Grace(grace, time.time()),
            dry_run=dry_run,
            progress=progress,
        )
    found = result.collected
    if as_json:
        render.print_json({"marks": result.marks, "dry_run": dry_run, **vars(found)})
        return
    would = "Would move" if dry_run else "Moved"
    delete = "would delete" if dry_run else "deleted"
    click.echo(f"{result.marks} revisions are referenced, of {found.examined} objects in all")
    click.echo(f"{would} {found.moved} objects ({render.size(found.moved_bytes)}) to quarantine, "
               f"{delete} {render.size(found.deleted_bytes)} from it")  # fmt: skip
    if found.quarantine is not None:
        click.echo("Bring them back with: pipl asset gc --undo")


@click.command(epilog="Example: pipl asset pin hero_geo==1.2.0 --reason 'for the trailer'")
@click.argument("text", metavar="REF")
@click.option("--reason", default="", help="Why, for people.")
@place_options
@json_option
def pin(
    text: str, reason: str, workspace_path: str | None, project_path: str | None, as_json: bool
) -> None:
    """Keep the assets of REF, PRODUCT==VERSION[/ASSET] or a revision, whatever references them."""
    from pipl.asset import selection
    from pipl.asset.marks import pins

    assets = AssetsHere.find(workspace_path, project_path)
    with assets.asked() as (client, record):
        found = selection.find(text, client, record, assets.objects)
    revisions = tuple(dict.fromkeys(each for one in found for each in one.revisions))
    made = pins.Pin(text, revisions, assets.here.author.name, time.time(), reason)
    pins.add(assets.project.folder, made)
    if as_json:
        render.print_json({"pin": vars(made)})
    else:
        click.echo(f"Pinned {text}: {len(revisions)} revision(s)")


@click.command(epilog="Example: pipl asset unpin hero_geo==1.2.0")
@click.argument("text", metavar="REF")
@place_options
@json_option
def unpin(text: str, workspace_path: str | None, project_path: str | None, as_json: bool) -> None:
    """Take back the pin of REF, written as it was pinned."""
    from pipl.asset.marks import pins

    gone = pins.remove(AssetsHere.find(workspace_path, project_path).project.folder, text)
    if as_json:
        render.print_json({"unpinned": vars(gone)})
    else:
        click.echo(f"Took back the pin of {text}; what nothing else references may be collected")


@click.command(name="pins", epilog="Example: pipl asset pins")
@place_options
@json_option
def list_pins(workspace_path: str | None, project_path: str | None, as_json: bool) -> None:
    """List what is pinned in the project: by whom, when and why."""
    from pipl.asset.marks import pins

    found = pins.read(AssetsHere.find(workspace_path, project_path).project.folder)
    if as_json:
        render.print_json({"pins": [vars(one) for one in found]})
        return
    render.table(
        ("pin", "revisions", "by", "at", "why"),
        [
            (one.text, len(one.revisions), one.who, render.moment(one.at), one.reason)
            for one in found
        ],
        empty="nothing is pinned; pipl asset pin REF",
    )


def _undo(assets: AssetsHere, *, as_json: bool) -> None:
    from pipl.asset.upkeep import collect

    with render.progress(quiet=as_json) as progress, collect.alone(assets.objects.root):
        done = collect.undo(assets.objects, progress=progress)
    if as_json:
        render.print_json({"restored": vars(done)})
        return
    click.echo(f"Brought {done.objects} objects back, for the grace period; pin what is to stay")
    for revision in done.kept_back:
        click.echo(
            f"warning: {revision} stays in quarantine, its files are not all there", err=True
        )
