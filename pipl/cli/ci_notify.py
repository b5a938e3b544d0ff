"""`pipl ci notify`: test, secret."""

from __future__ import annotations

import socket
import sys
import time

import click

from pipl.cli import render
from pipl.cli.asking import ASK, given_password
from pipl.cli.ci_here import project_option
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option

_HERE = "pipl.cli.ci_notify"
notify = LazyGroup(
    "notify",
    places={
        "test": (f"{_HERE}:test", "Send a test message."),
        "secret": (f"{_HERE}:secret", "Keep a notifier's secret."),
    },
    help="How people are told what CI has found.",
    epilog="Example: pipl ci notify test td-mail",
)


@click.command(epilog="Example: pipl ci notify test td-mail")
@click.argument("name")
@project_option
@json_option
def test(name: str, project_path: str, as_json: bool) -> None:
    """Send a test message by the notifier NAME of the flow in force, from this machine."""
    from pipl import extension
    from pipl.ci import inspecting
    from pipl.ci.notify import delivery
    from pipl.ci.notify.message import Message
    from pipl.errors.ci import NotifierUnknown

    here = Here.now()
    project = here.project(project_path)
    installer = here.environ.get("PIPL_INSTALLER")
    with here.client(project.binding) as client:
        flow = inspecting.flow_of(project, client, here.environ, installer=installer).flow
    rule = flow.notifier(name)
    if rule is None:
        raise NotifierUnknown(name, tuple(one.name for one in flow.notifiers))
    notifier = delivery.made(
        rule, extension.ci_notifiers(), secrets=project.secrets, host=socket.gethostname()
    )
    notifier.send(Message.test(project=project.name, at=time.time()))
    if as_json:
        render.print_json({"sent": name, "use": rule.use})
    else:
        click.echo(f"Sent a test message by {name} ({rule.use})")


@click.command(epilog="Example: pipl ci notify secret mail-password < password.txt")
@click.argument("name")
@project_option
@json_option
def secret(name: str, project_path: str, as_json: bool) -> None:
    """Keep the secret NAME for notifiers: asked without echo, or read from standard input."""
    from pipl.ci.notify import notifier
    from pipl.errors.usage import InvalidName, PasswordNeeded
    from pipl.index.name import is_valid_part
    from pipl.project import secrets

    project = Here.now().project(project_path)
    if not is_valid_part(name):
        raise InvalidName(name, "it would not be a file of its own")
    given = given_password(ASK, f"the secret {name}")
    if given is None:
        raise PasswordNeeded(f"the secret {name}")
    path = secrets.write(project.secrets / notifier.FOLDER, name, given)
    if as_json:
        render.print_json({"secret": name})
    else:
        click.echo(f"Kept the secret {name} in {path}", file=sys.stdout)
