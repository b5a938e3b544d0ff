"""Whether a flow does on a project's server: what is named exists, and may do what it is to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from pipl.ci.flow.values import USER, Flow, HandlerStep, NotifierRule, Stage
from pipl.index.client import ANONYMOUS, AUTHENTICATED, MIRROR_TYPE, IndexConfig
from pipl.index.name import IndexName

MEMORY = "memory_gb"
"""A resource that every engine has."""


@dataclass(frozen=True)
class Finding:
    """Something about a flow: a problem, with which it does not work, or a warning."""

    level: Literal["problem", "warning"]
    where: str
    text: str


@dataclass(frozen=True)
class Seen:
    """What the flow is compared with.

    `indexes` are those of the server; `has_secret` says whether CI can log in as a user;
    `handler` and `notifier` say what is wrong with one, nothing where it can be used. `offered`
    are the resources that engines have, besides memory.
    """

    indexes: Collection[IndexConfig]
    has_secret: Callable[[str], bool]
    handler: Callable[[str], str]
    notifier: Callable[[NotifierRule], tuple[str, ...]]
    offered: Collection[str] = ()


def check(flow: Flow, seen: Seen) -> tuple[Finding, ...]:
    """Everything that is wrong, problems first."""
    findings = [*_of_stages(flow, seen), *_of_rules(flow, seen)]
    return tuple(sorted(findings, key=lambda one: one.level != "problem"))


def _of_stages(flow: Flow, seen: Seen) -> Iterator[Finding]:
    known = {config.name: config for config in seen.indexes}
    said = set[str]()
    for stage in flow.stages:
        where = str(stage.index)
        if stage.index not in known:
            yield Finding("problem", where, "there is no index of that name on the server")
        elif not known[stage.index].acl_upload and not _arrives(flow, stage.index):
            text = "nobody can upload to it, and nothing is promoted or made there"
            yield Finding("problem", where, text)
        yield from _of_targets(stage, known)
        if not (stage.handlers or stage.promote or stage.follow):
            yield Finding("warning", where, "nothing happens there")
        if stage.follow is not None and flow.stage(stage.follow) is None:
            text = f"tasks enter again on {stage.follow}, which is not watched"
            yield Finding("problem", where, text)
        for step in stage.handlers:
            yield from _of_step(where, step, seen, said)


def _of_targets(stage: Stage, known: dict[IndexName, IndexConfig]) -> Iterator[Finding]:
    targets = (
        ("promote", stage.promote),
        ("products", stage.products),
        ("follow", stage.follow),
    )
    for what, index in targets:
        if index is None:
            continue
        if index not in known:
            text = f"`{what}`: there is no index {index} on the server"
            yield Finding("problem", str(stage.index), text)
            continue
        if not _may_upload(known[index], USER):  # whoever its jobs act as, the runner is this one
            text = f"`{what}`: {USER} may not upload to {index}"
            yield Finding("problem", str(stage.index), text)


def _of_step(where: str, step: HandlerStep, seen: Seen, said: set[str]) -> Iterator[Finding]:
    """What is wrong with a step; of a user that several name, only once."""
    wrong = seen.handler(step.handler)
    if wrong:
        yield Finding("problem", f"{where}: {step.handler}", wrong)
    if step.user not in said and not seen.has_secret(step.user):
        said.add(step.user)
        text = f"the user {step.user} has no secret with the project, so CI cannot act as it"
        yield Finding("problem", f"{where}: {step.handler}", text)
    for resource, amount in step.resources:
        if resource != MEMORY and resource not in seen.offered:
            text = f"it needs {amount:g} {resource}, which no engine is known to offer"
            yield Finding("warning", f"{where}: {step.handler}", text)


def _of_rules(flow: Flow, seen: Seen) -> Iterator[Finding]:
    named = {name for stage in flow.stages for name in stage.notify}
    for rule in flow.notifiers:
        where = f"notifier {rule.name!r}"
        for problem in seen.notifier(rule):
            yield Finding("problem", where, problem)
        if rule.name not in named:
            text = "no index names it in `notify`, so nobody is told by it"
            yield Finding("warning", where, text)
        handlers = {
            step.handler
            for stage in flow.stages
            if rule.name in stage.notify
            for step in stage.handlers
        }
        unknown = sorted(set(rule.handlers) - handlers - {"promote", "follow"})
        if unknown and rule.name in named:
            text = f"none of its indexes runs {', '.join(unknown)}"
            yield Finding("warning", where, text)


def _arrives(flow: Flow, index: IndexName) -> bool:
    """Whether CI itself brings something to an index."""
    return any(index in (stage.promote, stage.products, stage.follow) for stage in flow.stages)


def _may_upload(config: IndexConfig, user: str) -> bool:
    if config.type == MIRROR_TYPE:
        return False
    return bool({user, ANONYMOUS, AUTHENTICATED} & set(config.acl_upload))
