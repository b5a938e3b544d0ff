"""`pipl packl dependents`: who takes a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import F, json_option

if TYPE_CHECKING:
    from pathlib import Path

    from pipl.packl.graph.dependents import Dependent
    from pipl.packl.graph.graph import Graph

_STANDINGS = {
    "current": "has it",
    "follows": "CI follows",
    "outdated": "outdated: publish it again",
    "held": "held by its specifier",
    "library": "takes it",
}


def graph_options(command: F) -> F:
    """`--index`, `--project` and `--version`: which packls are asked about what."""
    for option in (
        click.option("--version", "version", help="The new version; else the newest there is."),
        click.option(
            "--project", "project_path", default=".", help="The project's or workspace's path."
        ),
        click.option("--index", "index_name", metavar="INDEX", help="Else the workspace's own."),
    ):
        command = option(command)
    return command


def graph_of(project_path: str, index_name: str | None) -> tuple[Graph, Path | None]:
    """The packls of an index, and the project's folder where it is seen."""
    from pipl.index.name import IndexName
    from pipl.packl.graph import kept

    here = Here.now()
    binding = here.binding(project_path)
    index = IndexName.parse(index_name) if index_name else binding.index
    asked = here.asked(binding.url, lambda client: kept.graph(client, index, here.cache_folder))
    return asked, binding.folder


@click.command(epilog="Example: pipl packl dependents hero-geo --transitive")
@click.argument("name")
@click.option("--transitive", is_flag=True, help="Those who get it over others too.")
@graph_options
@json_option
def dependents(
    name: str,
    transitive: bool,
    version: str | None,
    project_path: str,
    index_name: str | None,
    as_json: bool,
) -> None:
    """Who requires the packl NAME, on which specifier, and who takes a new version of it.

    Push: any later version; semi-push: as far as the specifier goes; pull: only by hand.
    """
    from pipl.packl.graph import dependents as looking

    graph, _ = graph_of(project_path, index_name)
    found = looking.dependents(graph, name, version=version, transitive=transitive)
    if as_json:
        render.print_json(found)
        return
    click.echo(f"{found.name} {found.version or '(no release)'}{_made(found.maker)}")
    render.table(
        ("packl", "version", "kind", "requires", "mode", "locked", ""),
        [_row(one) for one in found.dependents],
        empty=f"nobody requires {found.name}",
    )


def _made(maker: str | None) -> str:
    return f", made by the task {maker}" if maker else ""


def _row(one: Dependent) -> tuple[object, ...]:
    requires = f"{one.requires}{one.specifier}" + (f" [{one.extra}]" if one.extra else "")
    return (
        one.name,
        one.version,
        one.kind,
        requires,
        one.mode,
        one.locked,
        _STANDINGS[one.standing] + (f", over {one.via[0]}" if one.via else ""),
    )
