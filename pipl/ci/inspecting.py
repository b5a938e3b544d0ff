"""The flow of a project for people: which one is in force, and whether it does."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from filelock import FileLock

from pipl import extension, toml
from pipl.ci.flow import Flow, NotifierRule, parse
from pipl.ci.flow.checking import Finding, Seen, check
from pipl.ci.notify import delivery
from pipl.ci.pipeline import Pipeline, SourcedFlow
from pipl.ci.place import CIPlace
from pipl.env import choice
from pipl.errors.ci import InvalidNotifier
from pipl.errors.usage import InvalidFile
from pipl.index.client import IndexClient
from pipl.project import ci_token, secrets
from pipl.project.folder import Project
from pipl_pipe.errors import PipeError

MAX_BYTES = 1_000_000


def flow_of(
    project: Project, client: IndexClient, environ: Mapping[str, str], *, installer: str | None
) -> SourcedFlow:
    """The flow that the project's pipeline packls bring, as of now.

    What the runner has found out already is used; else an environment is made beside its own.
    Raises InvalidFlow, Unresolvable, FrameworkError, ServerDown.
    """
    place = CIPlace(project.ci)
    place.folder.mkdir(parents=True, exist_ok=True)
    pipeline = Pipeline(
        names=lambda: project.pipeline,
        folder=place.asked,
        binding=project.binding,
        installer=choice.choose(installer, environ),
        environ=environ,
        besides=place.pipeline,
    )
    with FileLock(f"{place.asked}.lock"):
        return pipeline.load(client)


def flow_in(path: Path) -> Flow:
    """The flow of a file, TOML or JSON, of the form of a `ci` config.

    Raises InvalidFile, InvalidFlow.
    """
    if path.suffix == ".toml":
        config: object = toml.read(path)
    else:
        try:
            if path.stat().st_size > MAX_BYTES:
                raise InvalidFile(str(path), f"larger than {MAX_BYTES} bytes")
            config = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as fault:
            raise InvalidFile(str(path), str(fault)) from fault
    handlers, notifiers = tuple(extension.ci_handlers()), tuple(extension.ci_notifiers())
    return parse(config, handlers=handlers, notifiers=notifiers)


def check_flow(
    flow: Flow, project: Project, client: IndexClient, *, host: str, offered: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What is wrong with a flow here. Raises ServerDown, LoginNeeded."""

    def notifier(rule: NotifierRule) -> tuple[str, ...]:
        factories = extension.ci_notifiers()
        try:
            delivery.made(rule, factories, secrets=project.secrets, host=host)
        except InvalidNotifier as fault:
            return fault.problems
        except PipeError as fault:  # it does not load
            return (str(fault),)
        return ()

    def handler(name: str) -> str:
        try:
            extension.ci_handlers()[name]
        except PipeError as fault:
            return str(fault)
        return ""

    seen = Seen(
        indexes=client.indexes(),
        has_secret=lambda user: _can_act_as(project, user),
        handler=handler,
        notifier=notifier,
        offered=offered,
    )
    return check(flow, seen)


def _can_act_as(project: Project, user: str) -> bool:
    """Whether the project keeps what lets CI in as a user."""
    token = ci_token.kept(project.secrets)
    held = token is not None and token.user == user
    return held or secrets.read(project.secrets, user) is not None
