"""A flow as boxes and arrows, whatever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipl.ci.flow.values import USER, Flow, HandlerStep, Stage
from pipl.index.name import IndexName

Kind = Literal["promote", "products", "follow"]


@dataclass(frozen=True)
class Box:
    """An index; `lines` says what happens there, `watched` whether anything does at all.

    `column` is how many promotions and products lead there at most, from 0.
    """

    index: IndexName
    lines: tuple[str, ...]
    watched: bool
    column: int


@dataclass(frozen=True)
class Arrow:
    """What goes from one index to another, and as what: one arrow for all of it."""

    source: IndexName
    target: IndexName
    kinds: tuple[Kind, ...]

    @property
    def label(self) -> str:
        return ", ".join(self.kinds)

    @property
    def main(self) -> Kind:
        return self.kinds[0]


@dataclass(frozen=True)
class Graph:
    """Boxes in the order in which releases meet them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def leaving(self, index: IndexName) -> tuple[Arrow, ...]:
        return tuple(arrow for arrow in self.arrows if arrow.source == index)


def graph(flow: Flow) -> Graph:
    """What a flow looks like. Promotions must not run in a circle, as in every parsed flow."""
    arrows = tuple(arrow for stage in flow.stages for arrow in _arrows(stage))
    names = list(dict.fromkeys(stage.index for stage in flow.stages))
    names += [one for one in dict.fromkeys(arrow.target for arrow in arrows) if one not in names]
    columns = dict.fromkeys(names, 0)
    for _ in names:  # no way without a circle is longer
        for arrow in arrows:
            if arrow.main != "follow" and not _leads_back(arrow, arrows):
                columns[arrow.target] = max(columns[arrow.target], columns[arrow.source] + 1)
    ordered = sorted(names, key=lambda name: columns[name])  # stable: as given where they tie
    boxes = tuple(_box(name, flow.stage(name), columns[name]) for name in ordered)
    return Graph(boxes, arrows)


def _arrows(stage: Stage) -> list[Arrow]:
    targets: dict[IndexName, list[Kind]] = {}
    found: tuple[tuple[Kind, IndexName | None], ...] = (
        ("promote", stage.promote),
        ("products", stage.products),
        ("follow", stage.follow),
    )
    for kind, target in found:
        if target is not None:
            targets.setdefault(target, []).append(kind)
    return [Arrow(stage.index, target, tuple(kinds)) for target, kinds in targets.items()]


def _leads_back(arrow: Arrow, arrows: tuple[Arrow, ...]) -> bool:
    """Whether products go against the promotions, or to where they come from."""
    if arrow.main == "promote":
        return False
    onward = {one.source: one.target for one in arrows if one.main == "promote"}
    seen, index = {arrow.target}, arrow.target
    while index != arrow.source and index in onward and onward[index] not in seen:
        index = onward[index]
        seen.add(index)
    if index == arrow.source:
        return True
    first = min(arrow.source, arrow.target) == arrow.source
    mutual = any((one.source, one.target) == (arrow.target, arrow.source) for one in arrows)
    return mutual and not first


def _box(index: IndexName, stage: Stage | None, column: int) -> Box:
    if stage is None:
        return Box(index, ("not watched",), False, column)
    lines = [line for step in stage.handlers for line in _lines(step)]
    lines += [f"tells {', '.join(stage.notify)}"] if stage.notify else []
    lines += ["tasks follow what lands here"] if stage.follow else []
    return Box(index, tuple(lines) or ("no handler",), True, column)


def _lines(step: HandlerStep) -> list[str]:
    """The handler with whom it is for; then, where it is not the default, what it takes."""
    whom = [", ".join(step.kinds)] if step.kinds else []
    whom += [f"of type {', '.join(step.types)}"] if step.types else []
    whom += [f"named {', '.join(step.names)}"] if step.names else []
    takes = [f"{amount:g} {name}" for name, amount in step.resources]
    takes += [f"as {step.user}"] if step.user != USER else []
    takes += ["failures are held"] if step.on_failure == "hold" else []
    lines = [f"{step.handler}: {' '.join(whom)}" if whom else step.handler]
    return lines + ([f"  {', '.join(takes)}"] if takes else [])
