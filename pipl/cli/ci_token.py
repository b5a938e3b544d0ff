"""`pipl ci token`: show, rotate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.project.ci_token import CIToken

_HERE = "pipl.cli.ci_token"
token = LazyGroup(
    "token",
    places={
        "show": (f"{_HERE}:show", "When the token was made, when it ends, what it may."),
        "rotate": (f"{_HERE}:rotate", "Make a new token and revoke the old one."),
    },
    help="The token by which CI acts: read, upload, push and attach test results; nothing else.",
    epilog="Example: pipl ci token rotate",
)
_project = click.option("--project", "project_path", default=".", help="The project's path.")


@click.command(epilog="Example: pipl ci token show")
@_project
@json_option
def show(project_path: str, as_json: bool) -> None:
    """Tell when the token was made, when it ends and what it may; never the token itself."""
    from pipl.errors.ci import NoCIToken
    from pipl.project import ci_token

    project = Here.now().project(project_path)
    found = ci_token.kept(project.secrets)
    if found is None:
        raise NoCIToken(project.name)
    _render(found, as_json=as_json)


@click.command(epilog="Example: pipl ci token rotate --days 90")
@_project
@click.option(
    "--days",
    default=180,
    show_default=True,
    type=click.IntRange(1, 366),
    help="How long the new token lasts.",
)
@json_option
def rotate(project_path: str, days: int, as_json: bool) -> None:
    """Make a new token, as root, and revoke every other one of CI's; runners go on with it."""
    from pipl.project import ci_account, ci_token
    from pipl.project.accounts import ROOT_USER

    here = Here.now()
    project = here.project(project_path)
    with here.client(project.binding, user=ROOT_USER) as client:
        made = ci_account.rotate(
            client, project.secrets, now=time.time(), lifetime_s=days * ci_token.DAY_S
        )
    _render(made, as_json=as_json)


def _render(found: CIToken, *, as_json: bool) -> None:
    now = time.time()
    if as_json:
        render.print_json(
            {
                "id": found.id,
                "user": found.user,
                "rights": found.rights,
                "made_at": found.made_at,
                "expires_at": found.expires_at,
                "ends_soon": found.ends_soon(now),
            }
        )
        return
    click.echo(f"Token  {found.id} of the user {found.user}")
    click.echo(f"Made   {render.moment(found.made_at)}")
    click.echo(f"Ends   {render.moment(found.expires_at)} (in {found.days_left(now)} days)")
    click.echo(f"May    {', '.join(found.rights)}")
    if found.ends_soon(now):
        click.echo("It ends soon: make another one with `pipl ci token rotate`", err=True)
