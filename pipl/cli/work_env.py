"""`pipl work env`: what the packls of a workspace set, and who decides what."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here, json_option, workspace_option

if TYPE_CHECKING:
    from pipl.workspace.folder import Workspace
    from pipl_pipe.variables import Step

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell", "cmd")


def _choices(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    chosen = {}
    for text in texts:
        name, equals, packl = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{text} is not VARIABLE=PACKL", context, parameter)
        chosen[name] = packl
    return chosen


@click.command(epilog="Example: pipl work env --explain PXR_AR_DEFAULT_SEARCH_PATH")
@click.option("--explain", metavar="VARIABLE", help="Each change of one variable, in order.")
@click.option("--shell", type=click.Choice(SHELLS), help="Print it as commands of this shell.")
@click.option(
    "--choose",
    "chosen",
    multiple=True,
    metavar="VARIABLE=PACKL",
    callback=_choices,
    help="Let this packl decide a variable that several contest (empty: none); repeatable.",
)
@workspace_option
@json_option
def env(
    explain: str | None,
    shell: str | None,
    chosen: dict[str, str],
    workspace_path: str | None,
    as_json: bool,
) -> None:
    """What the packls of the workspace set in the environment, and which packl sets what."""
    here = Here.now()
    workspace = here.workspace(workspace_path)
    if chosen:
        workspace = _decided(here, workspace, chosen)
    from pipl.workspace import place, settled
    from pipl_pipe import variables

    place.expect_made(workspace)
    found = settled.read(workspace.environment)
    inside = workspace.environment.environ(here.environ)
    if shell is not None:
        from pipl_pipe.shells import activation

        text = activation.commands(activation.SHELLS[shell], found.env, here.environ, warn=_warn)
        click.echo(text, nl=False)
        return
    steps = variables.steps(found.env, inside)
    if explain is not None:
        steps = [one for one in steps if one.operation.name == explain]
    rest = [one for one in found.env if one.action in variables.OF_SHELLS and explain is None]
    if as_json:
        render.print_json(
            {
                "workspace": workspace.folder,
                "env": _values(steps),
                "changes": [
                    {**dataclasses.asdict(one.operation), "before": one.before, "after": one.after}
                    for one in steps
                ],
                "of_shells": rest,
                "chosen": dict(workspace.env),
                "broken": found.broken,
            }
        )
        return
    if explain is not None:
        _explain(explain, steps, inside.get(explain))
    else:
        _show(steps)
        for one in rest:
            click.echo(f"{one.action} {one.name} {one.value}  ({_origin(one.source, one.where)})")
    for fault in found.broken:
        click.echo(f"warning: {fault}", err=True)


def _decided(here: Here, workspace: Workspace, chosen: dict[str, str]) -> Workspace:
    """The workspace with these choices, written down and settled anew."""
    from pipl.workspace import folder, materialise

    merged = {**workspace.env, **chosen}
    decided = dataclasses.replace(
        workspace, env={name: packl for name, packl in merged.items() if packl}
    )
    folder.save(decided)
    if decided.environment.exists():
        materialise.settle(here.place(decided))
    return decided


def _values(steps: list[Step]) -> dict[str, str | None]:
    return {one.operation.name: one.after for one in steps}


def _show(steps: list[Step]) -> None:
    """The last word on each variable."""
    last = {one.operation.name: one for one in steps if one.before != one.after}
    for name, one in sorted(last.items()):
        shown = f"{name}={one.after}" if one.after is not None else f"{name} is not set"
        click.echo(f"{shown}  ({_origin(one.operation.source, one.operation.where)})")
    if not last:
        click.echo("no packl of this workspace sets anything")


def _explain(name: str, steps: list[Step], before: str | None) -> None:
    """How a variable gets its value, a change a line."""
    click.echo(f"{name} is {_shown(before)} outside")
    for one in steps:
        origin = _origin(one.operation.source, one.operation.where)
        value = f" {one.operation.value}" if one.operation.action != "unset" else ""
        effect = "" if one.before != one.after else ", which changes nothing"
        click.echo(f"  {origin}: {one.operation.action}{value}{effect}")
    after = steps[-1].after if steps else before
    click.echo(f"{name} is {_shown(after)} in the workspace")


def _shown(value: str | None) -> str:
    return "not set" if value is None else value if value and os.pathsep in value else repr(value)


def _origin(source: str, where: str) -> str:
    return f"{source}, {where}" if where else source


def _warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)
