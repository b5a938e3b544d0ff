"""`pipl demo`: the whole road."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.options import json_option


@click.command(epilog="Example: pipl demo /tmp/demo --keep")
@click.argument("path", required=False)
@click.option("--keep", is_flag=True, help="Keep the project afterwards.")
@json_option
def demo(path: str | None, keep: bool, as_json: bool) -> None:
    """Walk the whole road in a new project at PATH (default: a temporary folder).

    From an empty folder to a shot that opens a published asset: a real server, real
    environments, real USD. The project is removed afterwards unless --keep is given.
    """
    from pipl.demo import road
    from pipl.errors.usage import PathExists

    here = Here.now()
    with tempfile.TemporaryDirectory(prefix="pipl-demo-", ignore_cleanup_errors=True) as temporary:
        parent = Path(temporary) if not keep else Path(tempfile.mkdtemp(prefix="pipl-demo-"))
        folder = here.cwd / path if path else parent / "Demo"
        if folder.exists() and any(folder.iterdir()):
            raise PathExists(str(folder))
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            outcome = road.walk(folder, here.environ, click.echo if not as_json else _silent)
        except BaseException:
            if not keep:
                road.discard(folder)
            raise
        if not keep:
            road.discard(folder)
    if as_json:
        render.print_json(outcome)
        return
    click.echo(f"\nThe whole road took {render.seconds(outcome.took_s)}.")
    click.echo(f"Bounds with hero-geo 1.0.0: {outcome.first}")
    click.echo(f"  after pipl work update:   {outcome.updated}")
    click.echo(f"  of sh010-layout==1.0.0:   {outcome.reopened}")
    if keep:
        click.echo(f"\nLook around in {folder}:")
        click.echo(f"  cd {folder} && pipl proj start --background   the server and its web pages")
        click.echo(f"  cd {outcome.shot} && pipl work shell          the shot, with `task`")
        click.echo("  pipl ci status                                what CI did")
    else:
        click.echo("\nNext: `pipl demo PATH --keep` keeps it to look around; then docs/tutorial.md")


def _silent(line: str) -> None:
    pass
