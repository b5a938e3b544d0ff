"""What commands ask a person for: a yes, and passwords."""

from __future__ import annotations

import sys

import click

from pipl.errors.usage import PasswordNeeded

ASK = "-"
LEFT_TO_LOGIN = ""


def confirm(question: str) -> None:
    """Ask before something is deleted; a no ends the command with status 1."""
    if not click.confirm(question, err=True):
        click.echo("Nothing was deleted.", err=True)
        raise SystemExit(1)


def given_password(argument: str, user: str) -> str | None:
    """A password argument: `-` is asked for without echo, an empty one is left to the login."""
    if argument == LEFT_TO_LOGIN:
        return None
    if argument != ASK:
        return argument
    if sys.stdin.isatty():
        answer = click.prompt(
            f"Password of {user}", hide_input=True, err=True, default="", show_default=False
        )
        return str(answer) or None
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise PasswordNeeded(user)
    return line
