"""`pipl packl yank`."""

from __future__ import annotations

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option, project_argument


@click.command(epilog="Example: pipl packl yank hero-geo==1.2 --reason 'flipped normals'")
@click.argument("release", metavar="NAME==VERSION")
@project_argument
@click.option("--reason", default="", metavar="TEXT", help="What is wrong with it, in one line.")
@click.option("--undo", is_flag=True, help="Let it be chosen again.")
@click.option("-i", "--index", "index_name", metavar="INDEX", help="If not the project's own.")
@json_option
def yank(
    release: str,
    project_path: str,
    reason: str,
    undo: bool,
    index_name: str | None,
    as_json: bool,
) -> None:
    """Let nobody choose a release any more; whoever has it locked keeps it."""
    from pipl.index.name import IndexName
    from pipl.workspace import opened

    here = Here.now()
    name, version = opened.parse_release(release)
    binding = here.binding(project_path)
    index = IndexName.parse(index_name) if index_name else binding.index
    with here.client(binding, doing="yanking") as client:
        found = client.release(index, name, version)
        client.yank(found, None if undo else reason)
    if as_json:
        yanked = None if undo else reason
        render.print_json({"release": found, "index": index, "yanked": yanked})
    elif undo:
        click.echo(f"{found.project} {found.version} on {index} can be chosen again")
    else:
        click.echo(f"Yanked {found.project} {found.version} on {index}: {reason or 'no reason'}")
