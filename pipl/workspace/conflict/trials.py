"""Single changes that would make a conflict solvable: each is resolved before it is told."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from pipl.env.declared import Declared
from pipl.env.install import Installer
from pipl.env.lock import Lock
from pipl.errors.base import PiplError
from pipl.workspace.conflict.asked import Asked, Question
from pipl.workspace.conflict.demands import Demand, Demands, plain

MAX_CHANGES = 4
LEAST_S = 0.2
"""With less time left than this, nothing more is tried."""

Kind = Literal["loosen", "release", "remove"]


@dataclass(frozen=True)
class Change:
    """A change with which everything was resolved.

    loosen   `owner` admits `takes` too, besides what `requirement` says
    release  a release after `owner` admits `takes`, instead of `requirement`
    remove   `owner` does without `requirement`

    `takes` is a package with the version that was then taken (`name version`), empty where
    something is removed.
    """

    kind: Kind
    owner: str
    requirement: str
    takes: str


@dataclass(frozen=True)
class Tried:
    """`complete` is False where time ran out before everything was tried."""

    changes: tuple[Change, ...]
    complete: bool


@dataclass(frozen=True)
class _Trial:
    change: Change
    name: str
    replaced: dict[Asked, str | None]
    released: Declared | None = None


def tried(question: Question, demands: Demands, installer: Installer, until: float) -> Tried:
    """Try changes until the time `until` (of time.monotonic), the smallest first."""
    found: list[Change] = []
    loosened: set[str] = set()
    for trial in _trials(question, demands):
        change = trial.change
        if change.kind == "remove" and (found or change.requirement in loosened):
            continue
        if len(found) == MAX_CHANGES:
            break
        left_s = until - time.monotonic()
        if left_s < LEAST_S:
            return Tried(tuple(found), complete=False)
        lock = _resolved(question, trial, installer, left_s)
        if lock is None:
            continue
        loosened.add(change.requirement)
        version = lock.versions.get(trial.name)
        takes = f"{trial.name} {version}" if version and change.kind != "remove" else ""
        if change.kind == "loosen" and not takes:
            change = dataclasses.replace(change, kind="remove")
        found.append(dataclasses.replace(change, takes=takes))
    return Tried(tuple(found), complete=True)


def _trials(question: Question, demands: Demands) -> Iterator[_Trial]:
    own = [one for one in question.asked if one.name in demands.asked_for]
    for one in own:
        if one.requirement.specifier and not one.requirement.url:
            change = Change("loosen", one.owner, one.text, "")
            yield _Trial(change, one.name, {one: one.loose})
    for demand in demands.demands:
        if demand.versions:
            yield from _released(demand, demands)
    for one in own:
        yield _Trial(Change("remove", one.owner, one.text, ""), one.name, {one: None})


def _released(demand: Demand, demands: Demands) -> Iterator[_Trial]:
    """As if the newest version of a package demanded only what is asked for anyway.

    Of one that names URLs nothing is tried: a resolver follows them only for packls edited here.
    """
    newest = demands.newest.get(demand.by)
    if newest is None or newest.version != demand.versions[0]:
        return
    if any(Requirement(text).url for text in newest.requires):
        return
    others = [one for one in demands.on(demand.name) if not one.versions]
    limits = ",".join(filter(None, (str(one.specifier) for one in others)))
    kept = tuple(text for text in newest.requires if plain(Requirement(text)) != demand.requirement)
    released = dataclasses.replace(newest, requires=(*kept, f"{demand.name}{limits}"))
    change = Change("release", f"{demand.by} {newest.version}", demand.requirement, "")
    yield _Trial(change, demand.name, {}, released)


def _resolved(
    question: Question, trial: _Trial, installer: Installer, left_s: float
) -> Lock | None:
    """None where it cannot be solved so either, or not in time."""
    with tempfile.TemporaryDirectory(prefix="pipl-trial-") as name:
        wanted = question.changed(trial.replaced, Path(name), trial.released)
        wanted = dataclasses.replace(wanted, timeout_s=left_s)
        try:
            return installer.resolve(wanted)
        except PiplError:  # it is one of several guesses, and this one was wrong
            return None
