"""`pipl proj user`: list, add, set, delete."""

from __future__ import annotations

import click

from pipl.cli import render
from pipl.cli.asking import confirm, given_password
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option, project_argument

_HERE = "pipl.cli.proj_user"
user = LazyGroup(
    "user",
    places={
        "list": (f"{_HERE}:list_users", "List the users."),
        "add": (f"{_HERE}:add", "Add a user."),
        "set": (f"{_HERE}:set_user", "Change a user's password or e-mail."),
        "delete": (f"{_HERE}:delete", "Delete a user and the indexes they own."),
    },
    help=(
        "Users of the project.\n\nA password may be `-` (asked without echo) or empty "
        '("": left to the login, or to the password that `proj create` generated).'
    ),
    epilog="Example: pipl proj user add - bob - bob@example.org",
)


@click.command(epilog="Example: pipl proj user list")
@project_argument
@click.option("--all", "everyone", is_flag=True, help="Also the account that CI acts as.")
@json_option
def list_users(project_path: str, everyone: bool, as_json: bool) -> None:
    """List the people who are users."""
    from pipl.project import accounts

    here = Here.now()
    binding = here.binding(project_path)
    with here.client(binding) as client:
        users = client.users() if everyone else accounts.people(client)
    if as_json:
        render.print_json({"project": binding.name, "users": users})
        return
    click.echo(f"Found {len(users)} user(s) in project {binding.folder or binding.name}:")
    for one in users:
        click.echo(f"      {one.name}" + (f"  {one.email}" if one.email else ""))


@click.command(epilog='Example: pipl proj user add "" bob - bob@example.org')
@click.argument("root_password")
@click.argument("login")
@click.argument("password")
@click.argument("email")
@project_argument
@json_option
def add(
    root_password: str, login: str, password: str, email: str, project_path: str, as_json: bool
) -> None:
    """Add the user LOGIN with a password and an e-mail address."""
    from pipl.errors.usage import PasswordNeeded

    here = Here.now()
    binding = here.binding(project_path)
    with here.client_with(binding, root_password) as client:
        given = given_password(password, login)
        if given is None:
            raise PasswordNeeded(login)
        client.create_user(login, password=given, email=email)
    if as_json:
        render.print_json({"user": {"name": login, "email": email}})
    else:
        click.echo(f"Added the user {login}")


@click.command(name="set", epilog='Example: pipl proj user set "" root --password -')
@click.argument("root_password")
@click.argument("login")
@project_argument
@click.option("-p", "--password", help="The new password; - asks for it.")
@click.option("-e", "--email", help="The new e-mail address.")
@json_option
def set_user(
    root_password: str,
    login: str,
    project_path: str,
    password: str | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Change the password or the e-mail address of the user LOGIN."""
    from pipl.project import accounts

    if password is None and email is None:
        raise click.UsageError("give --password, --email or both")
    if password == "":
        raise click.UsageError("the new password is empty")
    here = Here.now()
    binding = here.binding(project_path)
    with here.client_with(binding, root_password) as client:
        new = given_password(password, login) if password is not None else None
        accounts.change_user(client, binding, login, password=new, email=email)
    if as_json:
        render.print_json({"user": {"name": login}})
    else:
        click.echo(f"Changed the user {login}")


@click.command(epilog="Example: pipl proj user delete - bob")
@click.argument("root_password")
@click.argument("login")
@project_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(root_password: str, login: str, project_path: str, yes: bool, as_json: bool) -> None:
    """Delete the user LOGIN together with the indexes they own."""
    from pipl.project import accounts

    if not yes:
        confirm(f"Delete {login} and every index of theirs?")
    here = Here.now()
    with here.client_with(here.binding(project_path), root_password) as client:
        accounts.remove_user(client, login)
    if as_json:
        render.print_json({"deleted": login})
    else:
        click.echo(f"Deleted the user {login}")
