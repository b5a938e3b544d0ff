"""`pipl login`, `logout` and `whoami`."""

from __future__ import annotations

import time

import click

from pipl.cli import render
from pipl.cli.asking import ASK, given_password
from pipl.cli.here import Here
from pipl.cli.options import json_option


@click.command(epilog="Example: pipl login bob")
@click.argument("user")
@click.option(
    "--password", default=ASK, help="- asks for it (the default; then not visible to others)."
)
@click.option("--project", "project_path", default=".", help="The project's path.")
@json_option
def login(user: str, password: str, project_path: str, as_json: bool) -> None:
    """Log in to the project's server as USER; the login is kept for you alone (mode 0600)."""
    from pipl.errors.usage import PasswordNeeded
    from pipl.index.devpi import DevpiClient
    from pipl.project import accounts

    here = Here.now()
    binding = here.binding(project_path)
    given = given_password(password, user) or accounts.project_secret(binding, user)
    if given is None:
        raise PasswordNeeded(user)
    with DevpiClient(binding.url) as client:
        token = client.log_in(user, given)
    here.logins.put(token)
    if as_json:
        render.print_json({"user": user, "url": binding.url, "expires_at": token.expires_at})
    else:
        click.echo(f"Logged in to {binding.url} as {user} until {render.moment(token.expires_at)}")


@click.command(epilog="Example: pipl logout")
@click.option("--project", "project_path", default=".", help="The project's path.")
@json_option
def logout(project_path: str, as_json: bool) -> None:
    """Forget the login to the project's server."""
    here = Here.now()
    binding = here.binding(project_path)
    here.logins.remove(binding.url)
    if as_json:
        render.print_json({"url": binding.url})
    else:
        click.echo(f"Logged out of {binding.url}")


@click.command(epilog="Example: pipl whoami --json")
@click.option("--project", "project_path", default=".", help="The project's path.")
@json_option
def whoami(project_path: str, as_json: bool) -> None:
    """Who commands act as on the project's server."""
    here = Here.now()
    binding = here.binding(project_path)
    found = here.logins.get(binding.url)
    live = found if found is not None and found.expires_at > time.time() else None
    if as_json:
        render.print_json(
            {
                "url": binding.url,
                "user": live.user if live else None,
                "expires_at": live.expires_at if live else None,
            }
        )
    elif live:
        click.echo(f"{live.user} at {binding.url} until {render.moment(live.expires_at)}")
    elif found:
        click.echo(f"The login of {found.user} at {binding.url} has expired")
        click.echo(f"Next: pipl login {found.user}")
    else:
        click.echo(f"Nobody: not logged in to {binding.url}")
