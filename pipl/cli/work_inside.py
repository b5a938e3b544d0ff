"""`pipl work run|shell|py`: quick to import, since every command of an artist goes through it."""

from __future__ import annotations

import click

from pipl.cli import everyday
from pipl.cli.here import Here
from pipl.cli.options import workspace_option
from pipl.workspace import running


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example: pipl work run usdview assets/hero_geo/model.usdc",
)
@workspace_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(workspace_path: str | None, command: tuple[str, ...]) -> None:
    """Run COMMAND in the workspace's environment, with its env sets; its status is ours."""
    raise SystemExit(everyday.run(workspace_path, command))


@click.command(epilog="Example: pipl work shell")
@click.argument("workspace_path", default=".", metavar="[WORKSPACE_PATH]")
def shell(workspace_path: str) -> None:
    """Start your shell in the workspace's environment; leave it with `exit`."""
    from pipl.errors.env import NotInstalled
    from pipl.workspace import shell as shells

    here = Here.now()
    workspace = here.workspace(workspace_path)
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    click.echo(f"Workspace {workspace.name}; `task` lists its commands, `exit` leaves.", err=True)
    start = shells.prepare(workspace.environment, here.environ)
    given = running.shell_environ if start.activates else running.environ_in
    variables = {**given(workspace, here.environ), **start.variables}
    raise SystemExit(running.become(start.command, variables))


@click.command(
    name="py",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example: pipl work py",
)
@click.argument("workspace_path", default=".", metavar="[WORKSPACE_PATH]")
def python(workspace_path: str) -> None:
    """Start the workspace's Python."""
    here = Here.now()
    workspace = here.workspace(workspace_path)
    raise SystemExit(running.replace_by(("python",), workspace, here.environ))
