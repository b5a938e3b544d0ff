"""`pipl completion`: scripts for shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(epilog='Example: eval "$(pipl completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL, to be evaluated in its start-up file."""
    from pipl.cli.root import cli

    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(cli, {}, "pipl", "_PIPL_COMPLETE").source())
