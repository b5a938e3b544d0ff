"""From the config entry `ci` to a flow, with every problem at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from pipl.ci.flow.table import Table, is_number, is_table
from pipl.ci.flow.values import (
    FAILURES,
    KINDS,
    PAUSE_S,
    RESERVED,
    RETRIES,
    TIMEOUT_S,
    TOLD,
    USER,
    Flow,
    HandlerStep,
    NotifierRule,
    OnFailure,
    Stage,
)
from pipl.errors.ci import InvalidFlow
from pipl.errors.usage import InvalidIndexName
from pipl.index.name import IndexName, is_valid_part

MAX_RETRIES = 100
_LIMITS = ("timeout_s", "retries", "pause_s")
_FLOW_KEYS = ("indexes", "notifiers", *_LIMITS)
_STAGE_KEYS = ("handlers", "promote", "products", "follow", "on_failure", "notify")
_STEP_KEYS = ("handler", "kinds", "types", "names", "resources", "user", "on_failure", *_LIMITS)


@dataclass(frozen=True)
class _Known:
    """What may be named, None where that is not looked at; and the limits of the flow."""

    handlers: Collection[str] | None
    notifiers: Collection[str] | None
    rules: Collection[str] = ()
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES
    pause_s: float = PAUSE_S


def parse(
    config: object,
    *,
    handlers: Collection[str] | None = None,
    notifiers: Collection[str] | None = None,
) -> Flow:
    """The flow that a `ci` config describes.

    With `handlers` and `notifiers`, only these may be named. Raises InvalidFlow with every
    problem.
    """
    if not is_table(config):
        raise InvalidFlow(("the `ci` config must be a table",))
    problems: list[str] = []
    table = Table(config, "the `ci` config", problems)
    table.only(_FLOW_KEYS)
    rules = table.table("notifiers", what="from name to rule")
    known = _Known(
        handlers,
        notifiers,
        rules.keys(),
        timeout_s=table.seconds("timeout_s", TIMEOUT_S),
        retries=table.count("retries", RETRIES, most=MAX_RETRIES),
        pause_s=table.seconds("pause_s", PAUSE_S),
    )
    if "indexes" not in config:
        table.refuse("`indexes` must be a table from index to what happens there")
    indexes = table.table("indexes", what="from index to what happens there")
    parsed = [_stage(key, value, known, problems) for key, value in indexes.items()]
    stages = tuple(stage for stage in parsed if stage is not None)
    told = tuple(_rule(name, value, known, problems) for name, value in rules.items())
    problems.extend(_cycles(stages))
    if problems:
        raise InvalidFlow(tuple(problems))
    return Flow(stages, told, known.timeout_s, known.retries, known.pause_s)


def _stage(key: str, value: object, known: _Known, problems: list[str]) -> Stage | None:
    index = None
    try:
        index = IndexName.parse(key)
    except InvalidIndexName as fault:
        problems.append(f"a watched index: {fault}")
    if not is_table(value):
        problems.append(f"{key}: must be a table")
        return None
    table = Table(value, key, problems)
    table.only(_STAGE_KEYS)
    on_failure = cast(OnFailure, table.choice("on_failure", of=FAILURES, default="fail"))
    listed = [_step(table, one, on_failure, known) for one in table.items("handlers")]
    steps = tuple(step for step in listed if step is not None)
    names = [step.handler for step in steps]
    for name in sorted({name for name in names if names.count(name) > 1}):
        table.refuse(f"handler {name!r} is listed twice")
    if "process" in names and "products" not in value:
        table.refuse("the handler 'process' needs `products`, the index they go to")
    notify = table.texts("notify")
    for name in notify:
        if name not in known.rules:
            table.refuse(f"`notify`: there is no rule {name!r} in `notifiers`")
    promote, products, follow = (table.index(one) for one in ("promote", "products", "follow"))
    return None if index is None else Stage(index, steps, promote, products, follow, notify)


def _step(stage: Table, value: object, on_failure: OnFailure, known: _Known) -> HandlerStep | None:
    if isinstance(value, str):
        value = {"handler": value}
    if not is_table(value) or not isinstance(value.get("handler"), str):
        stage.refuse("a handler is a name, or a table with `handler`")
        return None
    name = str(value["handler"])
    table = Table(value, f"{stage.where}: handler {name!r}", stage.problems)
    table.only(_STEP_KEYS)
    if name in RESERVED:
        stage.refuse(f"{name!r} is no handler; write `{name} = INDEX`")
    elif known.handlers is not None and name not in known.handlers:
        there_are = ", ".join(sorted(set(known.handlers) - set(RESERVED))) or "none"
        stage.refuse(f"unknown handler {name!r}; there are: {there_are}")
    user = value.get("user", USER)
    if not isinstance(user, str) or not is_valid_part(user):
        table.refuse("`user` must be the name of a user of the server")
        user = USER
    return HandlerStep(
        name,
        kinds=table.texts("kinds", of=KINDS),
        types=table.texts("types"),
        names=table.texts("names"),
        timeout_s=table.seconds("timeout_s", known.timeout_s),
        retries=table.count("retries", known.retries, most=MAX_RETRIES),
        pause_s=table.seconds("pause_s", known.pause_s),
        resources=table.amounts("resources"),
        user=user,
        on_failure=cast(OnFailure, table.choice("on_failure", of=FAILURES, default=on_failure)),
    )


def _rule(name: str, value: object, known: _Known, problems: list[str]) -> NotifierRule:
    """A rule; of the notifier's own settings only that they can be written as JSON is looked at."""
    table = Table.of(value, f"notifier {name!r}", problems)
    use = table.values.get("use")
    if not isinstance(use, str):
        table.refuse("`use` must name a notifier, such as 'email' or 'webhook'")
        use = ""
    elif known.notifiers is not None and use not in known.notifiers:
        there_are = ", ".join(sorted(known.notifiers)) or "none"
        table.refuse(f"unknown notifier {use!r}; there are: {there_are}")
    own = {key: one for key, one in table.values.items() if key not in ("use", "on", "handlers")}
    settings: list[tuple[str, object]] = []
    for key, one in sorted(own.items()):
        if isinstance(one, (str, bool)) or is_number(one):
            settings.append((key, one))
        elif isinstance(one, (list, tuple)) and all(isinstance(item, str) for item in one):
            settings.append((key, tuple(one)))
        else:
            table.refuse(f"`{key}` must be a text, a number, true, false, or a list of texts")
    return NotifierRule(
        name,
        use,
        on=table.texts("on", of=TOLD, default=("failed", "held")),
        handlers=table.texts("handlers"),
        settings=tuple(settings),
    )


def _cycles(stages: tuple[Stage, ...]) -> list[str]:
    """Promotions that lead back to where they began; each cycle is named once."""
    targets = {stage.index: stage.promote for stage in stages if stage.promote is not None}
    problems, cleared = [], set[IndexName]()
    for start in targets:
        path, index = list[IndexName](), start
        while index in targets and index not in cleared and index not in path:
            path.append(index)
            index = targets[index]
        if index in path:
            cycle = [*path[path.index(index) :], index]
            problems.append("promotion runs in a circle: " + " -> ".join(map(str, cycle)))
        cleared.update(path)
    return problems
