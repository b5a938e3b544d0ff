"""`pipl asset list, info, diff, du`: what there is, and how much of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.asset_here import AssetsHere, place_options
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipl.asset.difference import Difference, Group, Tree
    from pipl.asset.selection import Selected


@click.command(name="list", epilog="Example: pipl asset list --all")
@click.option("--all", "whole", is_flag=True, help="Every release of the project's indexes.")
@place_options
@json_option
def list_assets(
    whole: bool, workspace_path: str | None, project_path: str | None, as_json: bool
) -> None:
    """List the assets of the products that the workspace resolved, or of the whole project."""
    assets = AssetsHere.find(workspace_path, project_path)
    if whole or assets.workspace is None:
        rows, broken = _of_project(assets, quiet=as_json)
    else:
        rows, broken = _of_workspace(assets)
    if as_json:
        render.print_json({"assets": rows, "broken": broken})
        return
    place = "index" if whole or assets.workspace is None else "view"
    render.table(
        ("product", "version", "asset", "type", "size", place, "revision"),
        [
            (
                row["product"],
                row["version"],
                row["name"],
                row["type"],
                render.size(int(str(row["size"]))),
                row[place],
                str(row["revision"])[:19],
            )
            for row in rows
        ],
        empty="no product with assets",
    )
    for fault in broken:
        click.echo(f"warning: {fault}", err=True)


@click.command(epilog="Example: pipl asset info hero_geo model")
@click.argument("product")
@click.argument("name", required=False)
@place_options
@json_option
def info(
    product: str,
    name: str | None,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> None:
    """What an asset is, what it is made of, where it is, and which releases reference it.

    PRODUCT may name a version, as hero_geo==1.2.0, or be a revision.
    """
    from pipl.asset import whereabouts
    from pipl_pipe.asset.objects import Objects

    assets = AssetsHere.find(workspace_path, project_path)
    chosen = assets.one(product, name)
    near = [assets.near, Objects(assets.places.cache, "cache")]
    groups = whereabouts.made_of(near, chosen.reference)
    where = whereabouts.of_asset(assets.places, chosen.reference)
    users, unknown = _users(assets, chosen)
    if as_json:
        render.print_json(
            {
                "product": chosen.product,
                "version": chosen.version,
                "asset": chosen.reference,
                "files": sum(group.files for group in groups),
                "groups": groups,
                "where": where,
                "releases": users,
                "references_unknown": unknown,
            }
        )
        return
    reference = chosen.reference
    if chosen.product:
        click.echo(f"{chosen.product} {chosen.version}: {reference.name}, a {reference.type}")
    click.echo(f"revision  {reference.revision}")
    click.echo(f"size      {render.size(reference.size)}, {reference.shape}")
    facts = {key.replace("_", " "): _shown(value) for key, value in reference.facts.items()}
    width = max(map(len, facts), default=0)
    for key, text in sorted(facts.items()):
        click.echo(f"fact      {key:<{width}}  {text or 'none'}")
    if reference.thumbnail:
        click.echo(f"thumbnail {reference.thumbnail}")
    _show_groups("file", groups)
    for place in where:
        state = place.reason if place.has is None else "yes" if place.has else "no"
        click.echo(f"{place.kind:<9} {place.place}: {state}")
    for user in users:
        click.echo(f"release   {user}")
    if unknown:
        click.echo(f"warning: which releases reference it is not known: {unknown}", err=True)


@click.command(epilog="Example: pipl asset diff hero_geo==1.0.0/model hero_geo==1.1.0/model")
@click.argument("before")
@click.argument("after")
@place_options
@json_option
def diff(
    before: str,
    after: str,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> None:
    """What differs between two generations: PRODUCT==VERSION/ASSET, revisions, or paths."""
    from pipl.asset import difference

    assets = AssetsHere.find(workspace_path, project_path)
    with render.progress(quiet=as_json or render.is_piped()) as progress:
        progress.phase("comparing")
        found = difference.compare(_side(assets, before), _side(assets, after))
    if as_json:
        render.print_json(found)
    else:
        _show_difference(found)


@click.command(epilog="Example: pipl asset du --json")
@place_options
@json_option
def du(workspace_path: str | None, project_path: str | None, as_json: bool) -> None:
    """Who takes how much of the store: per product all its versions, and in all."""
    from pipl.asset import moving, usage
    from pipl.asset.marks import releases

    assets = AssetsHere.find(workspace_path, project_path)
    with render.progress(quiet=as_json) as progress:
        with assets.asked() as (client, record):
            found = releases.of_project(client, record, progress=progress)
        used = usage.measure(assets.objects, found.releases, progress=progress)
        cache = moving.cache_of(assets.places).usage()
    if as_json:
        products = [{**vars(one), "shared": one.shared} for one in used.products]
        unreadable = list(map(str, found.unreadable))
        render.print_json(
            {**vars(used), "products": products, "cache": cache, "unreadable": unreadable}
        )
        return
    render.table(
        ("product", "versions", "referenced", "unique", "shared", "missing"),
        [
            (
                one.product,
                one.versions,
                render.size(one.referenced),
                render.size(one.unique),
                render.size(one.shared),
                one.missing or "",
            )
            for one in sorted(used.products, key=lambda one: -one.unique)
        ],
        empty="no product with assets",
    )
    click.echo(f"store         {render.size(used.total)} in {used.objects} objects")
    click.echo(f"unreferenced  {render.size(used.unreferenced)} by no release: pipl asset gc")
    click.echo(f"quarantine    {render.size(used.quarantine)}")
    click.echo(f"cache         {render.size(cache.size_bytes)} in {cache.root}")
    for fault in found.unreadable:
        click.echo(f"warning: {fault}", err=True)


def _of_workspace(assets: AssetsHere) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    from pipl.errors.env import NotInstalled
    from pipl.workspace import settled

    workspace = assets.workspace
    assert workspace is not None
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    rows = [
        {
            "product": one.product,
            "version": one.version,
            "view": f"{one.product}/{one.reference.basename}",
            **vars(one.reference),
        }
        for one in assets.chosen(None, None)
    ]
    return rows, settled.read(workspace.environment).broken


def _of_project(
    assets: AssetsHere, *, quiet: bool
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    from pipl.asset.marks import releases

    with (
        render.progress(quiet=quiet or render.is_piped()) as progress,
        assets.asked() as (client, record),
    ):
        found = releases.of_project(client, record, progress=progress)
    rows = [
        {
            "product": release.product,
            "version": release.version,
            "index": str(release.index),
            **vars(one),
        }
        for release in found.releases
        for one in release.assets
    ]
    return rows, tuple(map(str, found.unreadable))


def _users(assets: AssetsHere, chosen: Selected) -> tuple[list[str], str]:
    """The releases that reference an asset, and why they are not known where they are not."""
    from pipl.asset.marks import releases
    from pipl.errors.base import PiplError

    try:
        with assets.asked() as (client, record):
            found = (
                releases.of_distribution(client, record, chosen.product)
                if chosen.product
                else releases.of_project(client, record)
            )
    except PiplError as fault:
        return [], str(fault)
    return releases.using(found.releases, chosen.reference.revision), ""


def _side(assets: AssetsHere, text: str) -> Tree:
    from pipl.asset import sides

    cwd: Path = assets.here.cwd
    if sides.is_path(text, cwd):
        return sides.on_disk(text, cwd)
    return sides.of_reference(assets.one(text, None).reference, assets.near)


def _show_difference(found: Difference) -> None:
    for mark, groups in (("+", found.added), ("-", found.removed), ("~", found.changed)):
        _show_groups(mark, groups)
    if found.is_empty:
        click.echo(f"no difference in {found.same} file(s)")
    else:
        click.echo(f"{found.same} file(s) are the same")


def _show_groups(mark: str, groups: Iterable[Group]) -> None:
    for group in groups:
        name = f"{group.path} {group.frames}".strip() or "the file"
        count = f", {group.files} files" if group.files > 1 else ""
        was = f", was {render.size(group.before)}" if mark == "~" else ""
        click.echo(f"{mark:<9} {name} ({render.size(group.size)}{count}{was})".strip())


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
