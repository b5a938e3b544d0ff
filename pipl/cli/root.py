"""All commands, as a tree that click walks."""

from __future__ import annotations

import click

from pipl import __version__
from pipl.cli.lazy import LazyGroup

_PLACES = {
    "proj": ("pipl.cli.proj:proj", "The project: its folder, server, users and indexes."),
    "work": ("pipl.cli.work:work", "Workareas and workspaces."),
    "packl": ("pipl.cli.packl:packl", "Packls: create, edit, build, publish."),
    "asset": ("pipl.cli.asset:asset", "Assets of the current workspace, and the store."),
    "path": ("pipl.cli.path:path", "Paths and names by templates: parse, format, find, check."),
    "ci": ("pipl.cli.ci:ci", "The CI runner and its runs."),
    "login": ("pipl.cli.account:login", "Log in to the project's server."),
    "logout": ("pipl.cli.account:logout", "Forget the login."),
    "whoami": ("pipl.cli.account:whoami", "Who commands act as."),
    "demo": ("pipl.cli.demo:demo", "The whole road, from an empty folder to a shot."),
    "completion": ("pipl.cli.completion:completion", "Completion for bash, zsh or fish."),
}

cli = click.version_option(__version__, prog_name="pipl")(
    LazyGroup(
        "pipl",
        places=_PLACES,
        help=(
            "The Package Index PipeLine: every task, product and config of an animation or VFX "
            "project is a Python package on the project's own index.\n\n"
            "Commands guess the current project, workspace and packl from the current folder; "
            "an argument overrides it."
        ),
        epilog="Example: pipl demo --keep",
    )
)
