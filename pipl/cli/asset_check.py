"""`pipl asset verify, fsck`: whether the store holds what it should."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.asset_here import EXIT_FAULTS, AssetsHere, place_options
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.asset.upkeep.fsck import Fault
    from pipl.asset.upkeep.housekeeping import Report

SHOWN = 50


@click.command(epilog="Example: pipl asset verify hero_geo model")
@click.argument("product", required=False)
@click.argument("name", required=False)
@click.option("--all", "whole", is_flag=True, help="Every object of the store.")
@click.option("--remote", metavar="NAME", help="What this remote holds, instead of the store.")
@place_options
@json_option
def verify(
    product: str | None,
    name: str | None,
    whole: bool,
    remote: str | None,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> int:
    """Read the workspace's assets again, or those of PRODUCT, and compare with their digests.

    Everything damaged or missing is listed, with what references it; the status is then 12.
    """
    from pipl.asset.upkeep import housekeeping, verifying

    assets = AssetsHere.find(workspace_path, project_path)
    with render.progress(quiet=as_json) as progress:
        if whole and remote is None:
            with assets.asked() as (client, record):
                found, unknown = housekeeping.product_releases(client, record, progress)
            report = housekeeping.check(
                assets.objects, found, quick=False, now=time.time(), progress=progress
            )
            report.unknown = unknown
            return _show_report(report, as_json=as_json)
        chosen = assets.everything() if whole else assets.chosen(product, name)
        if remote is None:
            result = verifying.in_store(chosen, assets.near, progress)
        else:
            result = verifying.at_remote(chosen, assets.places, remote, progress)
    if as_json:
        render.print_json(result)
    else:
        for one in result.faults:
            click.echo(f"{one.what} ({', '.join(one.references)})")
        click.echo(f"Read {result.assets} asset(s): {len(result.faults)} fault(s)")
        if result.faults and remote is None:
            mending = "fsck --repair" if assets.places.store is not None else "pull"
            click.echo(f"Mend what can be with: pipl asset {mending}")
        elif result.faults:
            click.echo(f"Send what it lacks with: pipl asset push --check --remote {remote}")
    return EXIT_FAULTS if result.faults else 0


@click.command(epilog="Example: pipl asset fsck --repair")
@click.option("--quick", is_flag=True, help="Names, modes and sizes only; no content is read.")
@click.option("--repair", is_flag=True, help="Mend what can be; damaged objects are moved away.")
@place_options
@json_option
def fsck(
    quick: bool,
    repair: bool,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> int:
    """Look through the whole store: names, modes, sizes, leftovers, manifests, content.

    With --repair damaged objects go to the store's quarantine and are fetched anew from the
    cache or a remote. The status is 12 where something is wrong still.
    """
    from pipl.asset import remotes
    from pipl.asset.upkeep import housekeeping
    from pipl.progress import Counted
    from pipl_pipe.asset.remote import Transfer

    assets = AssetsHere.find(workspace_path, project_path)
    with render.progress(quiet=as_json) as progress:
        with assets.asked() as (client, record):
            found, unknown = housekeeping.product_releases(client, record, progress)
        now, objects = time.time(), assets.objects
        report = housekeeping.check(objects, found, quick=quick, now=now, progress=progress)
        report.unknown = unknown
        if repair:
            transfer = Transfer(progress=Counted(progress))
            with remotes.sources(assets.places) as sources:
                housekeeping.mend(
                    objects, report, found, sources, now=now, transfer=transfer, progress=progress
                )
    return _show_report(report, as_json=as_json)


def _show_report(report: Report, *, as_json: bool) -> int:
    checked, mended = report.checked, report.mended
    if as_json:
        render.print_json(
            {
                "objects": checked.objects,
                "size": checked.size_bytes,
                "manifests": checked.manifests,
                "faults": [_row(fault, report) for fault in checked.faults],
                "mended": [fault.path for fault in mended.mended] if mended else [],
                "unmended": [fault.path for fault in mended.unmended] if mended else [],
                "linked": mended.linked if mended else 0,
                "reasons": mended.reasons if mended else [],
                "quarantine": mended.quarantine if mended else None,
                "references_unknown": report.unknown,
            }
        )
        return EXIT_FAULTS if report.standing else 0
    for fault in checked.faults[:SHOWN]:
        users = report.references.get(fault.path, ())
        click.echo(f"{fault.kind:<9}{fault.path}: {fault.what}")
        for user in users:
            click.echo(f"         needed by {user}")
    if len(checked.faults) > SHOWN:
        click.echo(f"… and {len(checked.faults) - SHOWN} more; --json lists all")
    size = render.size(checked.size_bytes)
    click.echo(f"{checked.objects} objects, {size}: {len(checked.faults)} fault(s)")
    if mended is not None:
        click.echo(f"Mended {len(mended.mended)}, {len(mended.unmended)} not")
        for reason in mended.reasons:
            click.echo(f"  {reason}")
        if mended.linked:
            click.echo(
                f"{mended.linked} of them are shown by workspaces as hardlinks: in each, remove "
                "the product's folder below assets/ and run: pipl work sync"
            )
        if mended.unmended:
            click.echo("Publish the tasks again that make what is missing, or restore a backup")
    elif checked.faults:
        click.echo("Mend what can be with: pipl asset fsck --repair")
    if report.unknown:
        click.echo(
            f"warning: what releases need was not all looked for: {report.unknown}", err=True
        )
    return EXIT_FAULTS if report.standing else 0


def _row(fault: Fault, report: Report) -> dict[str, object]:
    return {
        "kind": fault.kind,
        "path": fault.path,
        "what": fault.what,
        "digest": fault.digest and str(fault.digest),
        "references": report.references.get(fault.path, ()),
    }
