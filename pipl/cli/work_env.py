"""`pipl work env|prefer`: the variables that env sets set. Quick to import, without tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import everyday
from pipl.cli.here import Here
from pipl.cli.options import json_option, workspace_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

    from pipl.env.shells.shell import Shell
    from pipl.workspace.variables import Explained


class _Shell(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """The name of a shell that statements can be written for, known when it is asked for."""

    name = "shell"

    def convert(
        self, value: str, parameter: click.Parameter | None, context: click.Context | None
    ) -> Shell:
        if value not in _shells():
            self.fail(f"{value!r} is none of {', '.join(_shells())}", parameter, context)
        return _shells()[value]

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"[{'|'.join(_shells())}]"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(one) for one in _shells() if one.startswith(incomplete)]


def _shells() -> Mapping[str, Shell]:
    from pipl.env.shells.known import SHELLS  # slow to import, and most questions do without

    return SHELLS


@click.command(epilog="Example: pipl work env --explain PATH")
@workspace_option
@click.option("--explain", "variable", metavar="VAR", help="Each step that leads to its value.")
@click.option("--shell", "shell", type=_Shell(), help="As its statements.")
@json_option
def env(
    workspace_path: str | None, variable: str | None, shell: Shell | None, as_json: bool
) -> None:
    """What the env sets of the workspace's packls set, and which packl says so."""
    if shell is None and variable is None:
        everyday.env(workspace_path, as_json=as_json)
        return
    from pipl.cli import render
    from pipl.workspace import variables

    here = Here.now()
    workspace = here.workspace(workspace_path)
    if shell is not None:
        changed = variables.changes_for(workspace, here.environ)
        click.echo(shell.statements(changed), nl=False)
    elif variable is not None:
        explained = variables.explain(workspace, here.environ, variable)
        render.print_json(explained) if as_json else _show_explained(explained)


@click.command(epilog="Example: pipl work prefer OCIO show-colours")
@click.argument("variable")
@click.argument("packl", required=False)
@click.option("--undo", is_flag=True, help="Prefer none any more.")
@workspace_option
@json_option
def prefer(
    variable: str, packl: str | None, undo: bool, workspace_path: str | None, as_json: bool
) -> None:
    """Let PACKL set VARIABLE in this workspace, where the env sets of several would."""
    from pipl.cli import render
    from pipl.workspace import locking, variables

    if (packl is None) != undo:
        raise click.UsageError("give either a PACKL or --undo")
    here = Here.now()
    workspace = variables.prefer(here.workspace(workspace_path), variable, packl)
    with render.progress(quiet=as_json) as progress:
        locking.sync(workspace, here.installer, here.place(workspace), progress=progress)
    if as_json:
        render.print_json({"workspace": workspace.folder, "prefer": workspace.prefer})
    elif packl is not None:
        click.echo(f"{variable} is set by {packl} in {workspace.name}")
    else:
        click.echo(f"{variable} is set by whichever packl depends on the others")


def _show_explained(found: Explained) -> None:
    value = "is not set" if found.value is None else f"= {found.value}"
    click.echo(f"{found.name} {value}")
    before = "not set" if found.before is None else found.before
    click.echo(f"  before env sets: {before}")
    for step in found.steps:
        one = step.operation
        click.echo(f"  {one.source}: {one.action} {one.value}".rstrip())
        click.echo(f"    at {one.line or 'an unknown line'}")
        click.echo(f"    then {'not set' if step.after is None else step.after}")
    if not found.steps:
        click.echo("  no env set of the workspace changes it")
