"""The flow: which index runs which handlers, and where success goes.

It comes from the config entry `ci` of the project's pipeline packls:

    {"indexes": {
        "root/testing": {"handlers": ["qa"], "promote": "root/processing"},
        "root/processing": {
            "handlers": [{"handler": "process", "kinds": ["task"]}],
            "products": "root/PROJ",
            "promote": "root/PROJ"}},
     "timeout_s": 600}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from pipl.errors import InvalidFlow, InvalidIndexName
from pipl.index.name import IndexName

KINDS = ("code", "config", "product", "task", "envset")
PROMOTE = "promote"
"""The name under which the ledger keeps promotions, beside those of the handlers."""
DEFAULT_TIMEOUT_S = 600.0

_FLOW_KEYS = frozenset({"indexes", "timeout_s"})
_STAGE_KEYS = frozenset({"handlers", "promote", "products"})
_STEP_KEYS = frozenset({"handler", "kinds"})


@dataclass(frozen=True)
class HandlerStep:
    """A handler that an index runs, for packls of these kinds (none given: all)."""

    handler: str
    kinds: tuple[str, ...] = ()

    def admits(self, kind: str | None) -> bool:
        """Whether a packl of this kind is handled; one of unknown kind is, so that it shows."""
        return not self.kinds or kind is None or kind in self.kinds


@dataclass(frozen=True)
class Stage:
    """A watched index. A release goes on to `promote` once every handler has passed."""

    index: IndexName
    handlers: tuple[HandlerStep, ...] = ()
    promote: IndexName | None = None
    products: IndexName | None = None

    @property
    def filters(self) -> bool:
        """Whether the kind of a packl matters here."""
        return any(step.kinds for step in self.handlers)

    def handlers_for(self, kind: str | None) -> tuple[str, ...]:
        """What a release of this kind must pass here; the promotion where that is all."""
        names = tuple(step.handler for step in self.handlers if step.admits(kind))
        return names or ((PROMOTE,) if self.promote else ())


@dataclass(frozen=True)
class Flow:
    """Everything that CI does; `timeout_s` is the limit of one job."""

    stages: tuple[Stage, ...]
    timeout_s: float = DEFAULT_TIMEOUT_S

    def stage(self, index: IndexName) -> Stage | None:
        """What happens on an index, None where it is not watched."""
        return next((stage for stage in self.stages if stage.index == index), None)


DEFAULT_FLOW = Flow(
    (
        Stage(
            IndexName("root", "testing"),
            (HandlerStep("qa"),),
            promote=IndexName("root", "processing"),
        ),
        Stage(
            IndexName("root", "processing"),
            (HandlerStep("process", ("task",)),),
            promote=IndexName("root", "PROJ"),
            products=IndexName("root", "PROJ"),
        ),
    )
)
"""What CI does where no pipeline packl brings a `ci` config."""


def parse(config: object, *, handlers: Collection[str] | None = None) -> Flow:
    """The flow that a `ci` config describes; with `handlers`, only these may be named.

    Raises InvalidFlow with every problem.
    """
    problems: list[str] = []
    if not _is_table(config):
        raise InvalidFlow(("the `ci` config must be a table",))
    _refuse_unknown_keys(config, _FLOW_KEYS, "the `ci` config", problems)
    indexes = config.get("indexes")
    if not _is_table(indexes):
        problems.append("`indexes` must be a table from index to what happens there")
        indexes = {}
    parsed = [_stage(key, value, handlers, problems) for key, value in indexes.items()]
    stages = tuple(stage for stage in parsed if stage is not None)
    problems.extend(_cycles(stages))
    timeout_s = config.get("timeout_s", DEFAULT_TIMEOUT_S)
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, (int, float)) or timeout_s <= 0:
        problems.append("`timeout_s` must be a number above 0")
        timeout_s = DEFAULT_TIMEOUT_S
    if problems:
        raise InvalidFlow(tuple(problems))
    return Flow(stages, float(timeout_s))


def _stage(
    key: str, value: object, handlers: Collection[str] | None, problems: list[str]
) -> Stage | None:
    index = _index(key, "a watched index", problems)
    if not _is_table(value):
        problems.append(f"{key}: must be a table")
        return None
    _refuse_unknown_keys(value, _STAGE_KEYS, key, problems)
    listed = value.get("handlers", [])
    if not isinstance(listed, (list, tuple)):
        problems.append(f"{key}: `handlers` must be a list")
        listed = []
    steps = tuple(
        step for step in (_step(key, one, handlers, problems) for one in listed) if step is not None
    )
    names = [step.handler for step in steps]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"{key}: handler {name!r} is listed twice")
    promote, products = (
        _index(value[target], f"{key}: `{target}`", problems) if target in value else None
        for target in ("promote", "products")
    )
    if "process" in names and products is None and "products" not in value:
        problems.append(f"{key}: the handler 'process' needs `products`, the index they go to")
    return None if index is None else Stage(index, steps, promote, products)


def _step(
    key: str, value: object, handlers: Collection[str] | None, problems: list[str]
) -> HandlerStep | None:
    if isinstance(value, str):
        value = {"handler": value}
    if not _is_table(value) or not isinstance(value.get("handler"), str):
        problems.append(f"{key}: a handler is a name, or a table with `handler`")
        return None
    name = str(value["handler"])
    _refuse_unknown_keys(value, _STEP_KEYS, f"{key}: handler {name!r}", problems)
    if name == PROMOTE:
        problems.append(f"{key}: {PROMOTE!r} is no handler; write `promote = INDEX`")
    elif handlers is not None and name not in handlers:
        known = ", ".join(sorted(handlers)) or "none"
        problems.append(f"{key}: unknown handler {name!r}; there are: {known}")
    kinds = value.get("kinds", [])
    if not isinstance(kinds, (list, tuple)) or not all(kind in KINDS for kind in kinds):
        problems.append(f"{key}: `kinds` of handler {name!r} must be of: {', '.join(KINDS)}")
        kinds = []
    return HandlerStep(name, tuple(kinds))


def _index(value: object, where: str, problems: list[str]) -> IndexName | None:
    try:
        return IndexName.parse(value if isinstance(value, str) else repr(value))
    except InvalidIndexName as fault:
        problems.append(f"{where}: {fault}")
        return None


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


def _refuse_unknown_keys(
    table: Mapping[str, object], known: frozenset[str], where: str, problems: list[str]
) -> None:
    for key in sorted(table.keys() - known):
        problems.append(f"{where}: unknown key {key!r}; there are: {', '.join(sorted(known))}")


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
