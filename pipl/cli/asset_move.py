"""`pipl asset push, pull, remotes, cache`: between this machine and the places beyond."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.asset_here import EXIT_FAULTS, AssetsHere, place_options
from pipl.cli.options import F, json_option

if TYPE_CHECKING:
    from pipl.asset.moving import Moved


def _transfer_options(command: F) -> F:
    for option in (
        click.option("--limit", type=click.FloatRange(min=0, min_open=True), metavar="MB/s",
                     help="At most so many megabytes a second."),
        click.option("--jobs", type=click.IntRange(1, 64), help="So many requests at once."),
        click.option("--remote", metavar="NAME", help="This one; else all that are configured."),
        click.option("--all", "whole", is_flag=True, help="Every release of the project."),
        click.argument("name", required=False),
        click.argument("product", required=False),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(epilog="Example: pipl asset push hero_geo --remote studio --limit 50")
@_transfer_options
@click.option("--check", is_flag=True, help="Read what is there, and send again what is damaged.")
@place_options
@json_option
def push(
    product: str | None,
    name: str | None,
    whole: bool,
    remote: str | None,
    jobs: int | None,
    limit: float | None,
    check: bool,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> int:
    """Send the workspace's assets, or those of PRODUCT, to the remotes that lack them.

    What cannot be sent does not keep back the rest; the status is then 12.
    """
    from pipl.asset import moving
    from pipl.asset import remotes as configured

    assets = AssetsHere.find(workspace_path, project_path)
    speed = configured.Speed(jobs, limit)
    found = configured.meant(assets.places, remote, doing=configured.PUSHING)
    with render.progress(quiet=as_json) as progress:
        chosen = assets.everything() if whole else assets.chosen(product, name)
        moved = moving.push(
            chosen, assets.near, [speed.of(one) for one in found], progress, check=check
        )
    if len(moved) == 1 and len(moved[0].faults) == 1:
        raise moved[0].faults[0]
    _show(moved, "Checked" if check else "Sent", "at" if check else "to", as_json=as_json)
    return EXIT_FAULTS if any(one.faults for one in moved) else 0


@click.command(epilog="Example: pipl asset pull --all --jobs 16")
@_transfer_options
@place_options
@json_option
def pull(
    product: str | None,
    name: str | None,
    whole: bool,
    remote: str | None,
    jobs: int | None,
    limit: float | None,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> None:
    """Fetch the workspace's assets, or those of PRODUCT, from the first remote that has them."""
    from pipl.asset import moving
    from pipl.asset import remotes as configured

    assets = AssetsHere.find(workspace_path, project_path)
    speed = configured.Speed(jobs, limit)
    found = configured.meant(assets.places, remote, doing=configured.PULLING)
    with render.progress(quiet=as_json) as progress:
        chosen = assets.everything() if whole else assets.chosen(product, name)
        moved = moving.pull(chosen, assets.near, [speed.of(one) for one in found], progress)
    _show(moved, "Fetched", "from", as_json=as_json)


@click.command(epilog="Example: pipl asset remotes")
@place_options
@json_option
def remotes(workspace_path: str | None, project_path: str | None, as_json: bool) -> None:
    """List the remotes of the `asset_store` config entry, and ask each whether it is there."""
    from pipl.asset import remotes as configured

    found = configured.reach(AssetsHere.find(workspace_path, project_path).places)
    if as_json:
        rows = [{**vars(one.place), "answers": one.answers, "reason": one.reason} for one in found]
        render.print_json({"remotes": rows})
        return
    render.table(
        ("remote", "url", "published to", "read from", "answers"),
        [
            (
                one.place.name,
                one.place.url,
                "yes" if one.place.publish else "no",
                "yes" if one.place.read else "no",
                "yes" if one.answers else one.reason,
            )
            for one in found
        ],
        empty="no remote in the `asset_store` config entry",
    )


@click.command(epilog="Example: pipl asset cache --clear")
@click.option("--clear", is_flag=True, help="Give up everything that is not in use.")
@place_options
@json_option
def cache(clear: bool, workspace_path: str | None, project_path: str | None, as_json: bool) -> None:
    """What this machine's cache of assets holds; all projects share it."""
    from pipl.asset import moving

    found = moving.cache_of(AssetsHere.find(workspace_path, project_path).places)
    freed = found.clear() if clear and found.root.is_dir() else 0
    used = found.usage()
    if as_json:
        render.print_json({**vars(used), "freed": freed})
        return
    if clear:
        click.echo(f"Freed {render.size(freed)}")
    size, bound = render.size(used.size_bytes), render.size(used.bound_bytes)
    click.echo(f"{used.root}: {size} of {bound}, {used.revisions} assets, {used.in_use} in use")


def _show(moved: Iterable[Moved], done: str, way: str, *, as_json: bool) -> None:
    if as_json:
        rows = [{**vars(one), "faults": list(map(str, one.faults))} for one in moved]
        render.print_json({"moved": rows})
        return
    for one in moved:
        kept = f", {one.skipped} there already" if one.skipped else ""
        size = render.size(one.size)
        click.echo(f"{done} {one.assets} asset(s), {size}, {way} {one.remote}{kept}")
        for fault in one.faults:
            click.echo(f"error: {fault}", err=True)
        for advice in dict.fromkeys(fault.advice for fault in one.faults):
            click.echo(f"hint: {advice}", err=True)
