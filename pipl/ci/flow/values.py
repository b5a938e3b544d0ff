"""What a flow is made of: stages, the steps of handlers on them, rules of who is notified."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pipl.index.name import IndexName
from pipl_pipe.packl import KINDS as KINDS

PROMOTE = "promote"
"""The name under which the ledger keeps promotions, beside those of the handlers."""
FOLLOW = "follow"
"""The name under which the ledger keeps what a new product makes of the tasks that use it."""
RESERVED = (PROMOTE, FOLLOW)

TIMEOUT_S = 600.0
RETRIES = 5
PAUSE_S = 0.5
USER = "ci"

OnFailure = Literal["fail", "hold"]
FAILURES: tuple[OnFailure, ...] = ("fail", "hold")
TOLD: tuple[str, ...] = ("passed", "failed", "held", "cancelled")
"""The states of a run that people can be told of."""


@dataclass(frozen=True)
class Facts:
    """What the flow asks of a packl.

    `kind` and `type` are None where they are not known, such as of a wheel that cannot be
    read; `type` is empty for a packl without one.
    """

    name: str
    kind: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class HandlerStep:
    """A handler that an index runs, for the packls that fit all three filters (none: all).

    `names` are patterns such as `sh0*`. `timeout_s` limits one attempt. An attempt that the
    infrastructure has spoiled is repeated `retries` times, first after `pause_s`, which
    doubles. `resources` (sorted) are what a job takes of its engine; `user` is who it acts as;
    `on_failure` is the state that a failure leads to: "hold" waits for a person.
    """

    handler: str
    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES
    pause_s: float = PAUSE_S
    resources: tuple[tuple[str, float], ...] = ()
    user: str = USER
    on_failure: OnFailure = "fail"

    def admits(self, facts: Facts) -> bool:
        """Whether a packl is handled; one of unknown kind or type is, so that it shows."""
        return (
            (not self.kinds or facts.kind is None or facts.kind in self.kinds)
            and (not self.types or facts.type is None or facts.type in self.types)
            and (not self.names or _fits(facts.name, self.names))
        )

    @property
    def filters(self) -> bool:
        """Whether it is for some packls only."""
        return bool(self.kinds or self.types or self.names)

    def to_json(self) -> dict[str, object]:
        """The form of the `ci` config, with every value written out."""
        return {
            "handler": self.handler,
            "kinds": list(self.kinds),
            "types": list(self.types),
            "names": list(self.names),
            "timeout_s": self.timeout_s,
            "retries": self.retries,
            "pause_s": self.pause_s,
            "resources": dict(self.resources),
            "user": self.user,
            "on_failure": self.on_failure,
        }


@dataclass(frozen=True)
class Stage:
    """A watched index. A release goes on to `promote` once every handler has passed.

    Products of `process` go to `products`. Tasks that follow a product which lands here enter
    again on `follow`. `notify` names rules of the flow.
    """

    index: IndexName
    handlers: tuple[HandlerStep, ...] = ()
    promote: IndexName | None = None
    products: IndexName | None = None
    follow: IndexName | None = None
    notify: tuple[str, ...] = ()

    @property
    def filters(self) -> bool:
        """Whether what is inside a packl (its kind, its type) matters here."""
        return any(step.kinds or step.types for step in self.handlers)

    def steps_for(self, facts: Facts) -> tuple[HandlerStep, ...]:
        """What a packl must pass here."""
        return tuple(step for step in self.handlers if step.admits(facts))

    def handlers_for(self, facts: Facts) -> tuple[str, ...]:
        """The names of what a packl must pass here; the promotion where that is all."""
        names = tuple(step.handler for step in self.steps_for(facts))
        return names or ((PROMOTE,) if self.promote else ())

    def step(self, name: str) -> HandlerStep | None:
        """The step of a handler, None where the index does not run it."""
        return next((step for step in self.handlers if step.handler == name), None)

    def to_json(self) -> dict[str, object]:
        """The form of the `ci` config."""
        targets = {"promote": self.promote, "products": self.products, "follow": self.follow}
        return {
            "handlers": [step.to_json() for step in self.handlers],
            **{name: str(index) for name, index in targets.items() if index is not None},
            "notify": list(self.notify),
        }


@dataclass(frozen=True)
class NotifierRule:
    """Who is told when a run of a stage that names the rule comes to a state in `on`.

    `use` is the notifier; `handlers` limits the rule to these (none: all); `settings`, sorted,
    are the notifier's own.
    """

    name: str
    use: str
    on: tuple[str, ...] = ("failed", "held")
    handlers: tuple[str, ...] = ()
    settings: tuple[tuple[str, object], ...] = ()

    def concerns(self, handler: str, state: str) -> bool:
        """Whether a run of this handler that has come to this state is told of."""
        return state in self.on and (not self.handlers or handler in self.handlers)

    def to_json(self) -> dict[str, object]:
        """The form of the `ci` config."""
        own = {key: _plain(value) for key, value in self.settings}
        return own | {"use": self.use, "on": list(self.on), "handlers": list(self.handlers)}


@dataclass(frozen=True)
class Flow:
    """Everything that CI does. The limits are those of steps that name none of their own."""

    stages: tuple[Stage, ...]
    notifiers: tuple[NotifierRule, ...] = ()
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES
    pause_s: float = PAUSE_S

    def stage(self, index: IndexName) -> Stage | None:
        """What happens on an index, None where it is not watched."""
        return next((stage for stage in self.stages if stage.index == index), None)

    def step(self, index: IndexName, handler: str) -> HandlerStep:
        """How a handler runs on an index; by the limits of the flow where it names no such step.

        That is so for promotions, and for runs of handlers that the flow has dropped.
        """
        stage = self.stage(index)
        found = None if stage is None else stage.step(handler)
        return found or HandlerStep(
            handler, timeout_s=self.timeout_s, retries=self.retries, pause_s=self.pause_s
        )

    def notifier(self, name: str) -> NotifierRule | None:
        """The rule of this name."""
        return next((rule for rule in self.notifiers if rule.name == name), None)

    def told(self, index: IndexName, handler: str, state: str) -> tuple[NotifierRule, ...]:
        """The rules that a run of `handler` on `index` concerns when it comes to `state`."""
        stage = self.stage(index)
        named = () if stage is None else stage.notify
        return tuple(
            rule for rule in self.notifiers if rule.name in named and rule.concerns(handler, state)
        )

    def to_json(self) -> dict[str, object]:
        """The form of the `ci` config: `parse` makes the same flow of it."""
        return {
            "indexes": {str(stage.index): stage.to_json() for stage in self.stages},
            "notifiers": {rule.name: rule.to_json() for rule in self.notifiers},
            "timeout_s": self.timeout_s,
            "retries": self.retries,
            "pause_s": self.pause_s,
        }

    @property
    def text(self) -> str:
        """Its canonical JSON: the same for the same flow, whatever the order of its tables."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))

    @property
    def version(self) -> str:
        """12 hexadecimal digits that name this flow: of the SHA-256 of its text."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()[:12]


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(_normal(name), _normal(pattern)) for pattern in patterns)


def _normal(text: str) -> str:
    """A name, or a pattern of names, as indexes write it."""
    return re.sub(r"[-_.]+", "-", text).lower()


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


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
        Stage(IndexName("root", "PROJ"), follow=IndexName("root", "testing")),
    )
)
"""What CI does where no pipeline packl brings a `ci` config."""
