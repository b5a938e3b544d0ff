"""`pipl ci impact`: the dry run of a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option
from pipl.cli.packl_graph import graph_of, graph_options

if TYPE_CHECKING:
    from pipl.packl.graph.impact import Impact


@click.command(epilog="Example: pipl ci impact hero-geo")
@click.argument("name")
@graph_options
@json_option
def impact(
    name: str, version: str | None, project_path: str, index_name: str | None, as_json: bool
) -> None:
    """What a new version of NAME would set off: nothing is done.

    NAME is a product, or a task and so all that it makes. Tasks that follow are told in waves,
    one after the other, with the time that they have taken so far.
    """
    from pipl.ci.timings import timings_of
    from pipl.packl.graph import impact as estimating

    graph, folder = graph_of(project_path, index_name)
    with timings_of(folder, Here.now().environ) as timings:
        found = estimating.impact(graph, name, timings, version=version)
    if as_json:
        render.print_json(found)
    else:
        _show(found)


def _show(found: Impact) -> None:
    click.echo(f"{found.name} {found.version} would set off:")
    render.table(
        ("wave", "task", "as", "because of", "makes", "takes"),
        [
            (
                number,
                one.task,
                one.version,
                ", ".join(one.because),
                ", ".join(one.products),
                "?" if one.seconds is None else f"{one.seconds:.1f} s",
            )
            for number, wave in enumerate(found.waves, start=1)
            for one in wave
        ],
        empty="no task follows by itself",
    )
    if found.waves:
        more = f", and {found.unknown} of unknown duration" if found.unknown else ""
        click.echo(f"{found.work_s:.1f} s of work, {found.least_s:.1f} s at least{more}")
    for one in found.outdated:
        why = "does not follow" if one.admits else f"admits only {one.requires}{one.specifier}"
        click.echo(f"outdated: {one.name} {one.version} ({why})")
