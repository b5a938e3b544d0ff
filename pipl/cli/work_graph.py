"""`pipl work why` and `pipl work graph`: who requires whom in the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option, workspace_option

if TYPE_CHECKING:
    from pipl.workspace.graph.why import Link, Why

CHAINS = 10


@click.command(epilog="Example: pipl work why maya")
@click.argument("name")
@click.option("--all", "everything", is_flag=True, help=f"All chains, not the first {CHAINS}.")
@workspace_option
@json_option
def why(name: str, everything: bool, workspace_path: str | None, as_json: bool) -> None:
    """Why the lock holds NAME: the chains that bring it in, shortest first, with specifiers."""
    from pipl.workspace.graph import here as graphs
    from pipl.workspace.graph import why as looking

    graph = graphs.graph(Here.now().workspace(workspace_path))
    found = looking.why(graph, name, limit=None if everything else CHAINS)
    if as_json:
        render.print_json(found)
        return
    for line in _lines(found):
        click.echo(line)


@click.command(epilog="Example: pipl work graph --format svg > sh010.svg")
@click.option(
    "--format",
    "format",
    type=click.Choice(["tree", "mermaid", "svg", "dot"]),
    default="tree",
    show_default=True,
    help="For the terminal, for Markdown, a picture, or for Graphviz.",
)
@click.option("--depth", type=click.IntRange(min=1), help="No further down than this.")
@workspace_option
@json_option
def graph(format: str, depth: int | None, workspace_path: str | None, as_json: bool) -> None:
    """Draw what the workspace is locked to: assets, tasks and tools, and who requires them."""
    from pipl.workspace.graph import here as graphs
    from pipl.workspace.graph.drawing import dot, mermaid, tree

    here = Here.now()
    found = graphs.graph(here.workspace(workspace_path))
    if depth is not None:
        found = found.down_to(depth)
    if as_json:
        render.print_json(
            {
                "workspace": found.top.title,
                "packages": [node for node in found.nodes.values() if node is not found.top],
                "edges": found.edges,
                "missing": found.missing,
                "cycles": found.cycles,
            }
        )
        return
    if format == "svg":
        click.echo(dot.svg(found, here.environ), nl=False)
        return
    draw = {"tree": tree.draw, "mermaid": mermaid.draw, "dot": dot.draw}[format]
    click.echo(draw(found), nl=False)


def _lines(found: Why) -> list[str]:
    node = found.node
    lines = [f"{node.title} {node.version or '(edited here)'}"]
    for chain in found.chains:
        lines.append(f"  {' → '.join((found.workspace, *map(_shown, chain)))}")
    if not found.complete:
        lines.append("  … and over more chains (--all)")
    if not found.chains:
        lines.append("  nobody requires it any more; `pipl work lock` leaves it out")
    if found.cycle:
        lines.append(f"circle: {' → '.join(found.cycle)}")
    return lines


def _shown(link: Link) -> str:
    extra = f" with its extra {link.extra}" if link.extra else ""
    if link.edited:
        return f"{link.name} (edited here{extra})"
    return f"{link.name} {link.version or ''} ({link.requirement}{extra})"
