"""`pipl ci flow`: show, check, graph."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.ci_here import EXIT_FAULTS, project_option
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.ci.pipeline import SourcedFlow
    from pipl.project.folder import Project

_HERE = "pipl.cli.ci_flow"
flow = LazyGroup(
    "flow",
    places={
        "show": (f"{_HERE}:show", "The flow in force, and where it comes from."),
        "check": (f"{_HERE}:check", "Whether the flow does on the project's server."),
        "graph": (f"{_HERE}:graph", "Draw the flow."),
    },
    help="Which index runs which handlers, and where releases go: the `ci` config.",
    epilog="Example: pipl ci flow check --file ci.json",
)
_file = click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="This flow (JSON or TOML) instead of the one in force.",
)


@click.command(epilog="Example: pipl ci flow show")
@project_option
@_file
@json_option
def show(project_path: str, file: Path | None, as_json: bool) -> None:
    """Print the flow in force, its version, and the pipeline packls that it comes from."""
    found = _flow(Here.now().project(project_path), file, quiet=as_json)
    if as_json:
        document = {"version": found.flow.version, "origin": found.origin}
        render.print_json(document | {"problem": found.problem, "flow": found.flow.to_json()})
        return
    click.echo(f"flow {found.flow.version}: {found.origin}")
    if found.problem is not None:
        click.echo(f"it is an older one, because of: {found.problem}")
    render.table(
        ("index", "handler", "for", "limit", "retries", "takes", "failure", "then"),
        _rows(found),
        empty="the flow watches no index",
    )
    for rule in found.flow.notifiers:
        whom = f" of {', '.join(rule.handlers)}" if rule.handlers else ""
        click.echo(f"notifier {rule.name}: {rule.use}, on {', '.join(rule.on)}{whom}")


@click.command(epilog="Example: pipl ci flow check --file ci.json --resource maya")
@project_option
@_file
@click.option(
    "--resource", "offered", multiple=True, metavar="NAME", help="An engine offers this resource."
)
@json_option
def check(project_path: str, file: Path | None, offered: tuple[str, ...], as_json: bool) -> int:
    """Compare the flow with the server: indexes, rights, handlers, notifiers, secrets.

    Everything is listed at once; with a problem (not a warning) the status is 8.
    """
    from pipl.ci import inspecting
    from pipl.errors.ci import InvalidFlow

    here = Here.now()
    project = here.project(project_path)
    try:
        found = _flow(project, file, quiet=as_json)
    except InvalidFlow as fault:
        _show_findings([("problem", "", text) for text in fault.problems], as_json=as_json)
        return EXIT_FAULTS
    with here.client(project.binding) as client:
        findings = inspecting.check_flow(
            found.flow, project, client, host=socket.gethostname(), offered=offered
        )
    rows: list[tuple[str, str, str]] = [(one.level, one.where, one.text) for one in findings]
    if found.problem is not None:
        rows.insert(0, ("problem", "", str(found.problem)))
    _show_findings(rows, as_json=as_json, origin=found.origin, version=found.flow.version)
    return EXIT_FAULTS if any(level == "problem" for level, _, _ in rows) else 0


@click.command(epilog="Example: pipl ci flow graph --format svg > flow.svg")
@project_option
@_file
@click.option(
    "--format",
    "format",
    type=click.Choice(["text", "mermaid", "svg"]),
    default="text",
    show_default=True,
    help="For the terminal, for Markdown, or a picture.",
)
def graph(project_path: str, file: Path | None, format: str) -> None:
    """Draw the flow: indexes, what runs on them, and the ways between them."""
    from pipl.ci.flow.drawing import graph as drawing
    from pipl.ci.flow.drawing import mermaid, svg, text

    found = _flow(Here.now().project(project_path), file, quiet=True)
    draw = {"text": text.draw, "mermaid": mermaid.draw, "svg": svg.draw}[format]
    click.echo(draw(drawing.graph(found.flow)), nl=False)


def _flow(project: Project, file: Path | None, *, quiet: bool) -> SourcedFlow:
    from pipl.ci import inspecting
    from pipl.ci.pipeline import SourcedFlow

    if file is not None:
        return SourcedFlow(inspecting.flow_in(file), str(file))
    here = Here.now()
    with render.progress(quiet=quiet or render.is_piped()) as progress:
        progress.phase("asking the pipeline packls")
        with here.client(project.binding) as client:
            installer = here.environ.get("PIPL_INSTALLER")
            return inspecting.flow_of(project, client, here.environ, installer=installer)


def _rows(found: SourcedFlow) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for stage in found.flow.stages:
        targets = {"promote": stage.promote, "products": stage.products, "follow": stage.follow}
        then = "; ".join(f"{what} {index}" for what, index in targets.items() if index)
        told = f"tell {', '.join(stage.notify)}" if stage.notify else ""
        then = "; ".join(filter(None, (then, told)))
        rows += [
            (
                "" if number else stage.index,
                step.handler,
                " ".join((*step.kinds, *step.types, *step.names)) or "all",
                render.seconds(step.timeout_s),
                step.retries,
                " ".join(f"{name}={amount:g}" for name, amount in step.resources),
                step.on_failure,
                "" if number else then,
            )
            for number, step in enumerate(stage.handlers)
        ] or [(stage.index, "", "", "", "", "", "", then)]
    return rows


def _show_findings(
    rows: list[tuple[str, str, str]], *, as_json: bool, origin: str = "", version: str = ""
) -> None:
    if as_json:
        listed = [{"level": level, "where": where, "text": text} for level, where, text in rows]
        render.print_json({"version": version, "origin": origin, "findings": listed})
        return
    for level, where, text in rows:
        click.echo(f"{level}: {where}: {text}" if where else f"{level}: {text}")
    problems = sum(level == "problem" for level, _, _ in rows)
    named = f"flow {version} ({origin})" if version else "the flow"
    click.echo(f"{named}: {problems} problem(s), {len(rows) - problems} warning(s)")
