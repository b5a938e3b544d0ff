"""`pipl packl provenance`: where a product comes from, and whether that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.asset_here import EXIT_FAULTS, AssetsHere, place_options
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.ci.origin import Checked, Origin


@click.command(epilog="Example: pipl packl provenance hero-geo==1.2.0 --verify")
@click.argument("release", metavar="NAME==VERSION")
@click.option("--verify", is_flag=True, help="Compare every digest with the index and the store.")
@place_options
@json_option
def provenance(
    release: str,
    verify: bool,
    workspace_path: str | None,
    project_path: str | None,
    as_json: bool,
) -> int:
    """Show which task made a product, when, where, and from what.

    With --verify the wheel, the task's file, the lock inside of it, the tools and every asset
    are read again; what is not as it says is listed, and the status is then 12.
    """
    from pipl.ci import origin
    from pipl.workspace.opened import parse_release

    name, version = parse_release(release)
    assets = AssetsHere.find(workspace_path, project_path)
    index = assets.binding.index
    checked = None
    with (
        render.progress(quiet=as_json or not verify) as progress,
        assets.here.client(assets.binding) as client,
        origin.found(client, index, name, version) as found,
    ):
        if verify:
            checked = origin.verify(found, client, index, assets.near, assets.places, progress)
    if as_json:
        render.print_json({"statement": found.statement, "verified": checked})
    else:
        _show(found)
        if checked is not None:
            _show_checked(checked)
    return EXIT_FAULTS if checked is not None and checked.mismatches else 0


def _show(found: Origin) -> None:
    says, making = found.provenance, found.making
    click.echo(f"{found.file.project} {found.file.version} on {found.file.index}")
    click.echo(f"  wheel    {found.file.filename}  sha256:{found.file.sha256}")
    click.echo(f"  task     {says.task.name} {says.task.version}  sha256:{says.task.sha256}")
    click.echo(f"  lock     {says.task.lock or 'none'}")
    if making is not None:
        took = render.seconds(making.finished_at - making.started_at)
        where = f"{making.host} ({making.platform}, Python {making.python})"
        click.echo(f"  made     {render.moment(making.started_at)} in {took} on {where}")
        click.echo(f"  by       {making.handler}, pipl {making.pipl}, run {making.invocation}")
    for name, version in says.versions.items():
        click.echo(f"  with     {name} {version}")
    for kind, items in (("asset", says.assets), ("input", says.inputs)):
        for one in items:
            click.echo(f"  {kind}    {one.name}  {one.digest}")
    for tool in says.tools:
        click.echo(f"  tool     {tool.name} {tool.version}")


def _show_checked(checked: Checked) -> None:
    for one in checked.mismatches:
        click.echo(f"{one.what}: {one.found}, but the provenance says {one.stated}")
    for what in checked.unknown:
        click.echo(f"not compared, as no index of the project holds its file: {what}")
    click.echo(f"Compared {len(checked.held)}: {len(checked.mismatches)} mismatch(es)")
