"""Groups whose commands are imported when they are used, so that `pipl --help` stays quick."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

HELP = ("-h", "--help")
CONTEXT = {"help_option_names": list(HELP), "max_content_width": 100}


class LazyGroup(click.Group):
    """A group that knows of each command its place (`module:name`) and its line of help."""

    def __init__(
        self, name: str, *, places: Mapping[str, tuple[str, str]], help: str, epilog: str = ""
    ) -> None:
        super().__init__(
            name, help=help, epilog=epilog, context_settings=CONTEXT, no_args_is_help=True
        )
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._places.items()])
