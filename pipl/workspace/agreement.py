"""Whether what is installed agrees with what was resolved.

Resolvers read what the index says of a wheel (PEP 658). Where the wheel itself says otherwise,
its requirements were not looked at; and some do not mind which Pythons a package excludes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pipl import durable
from pipl.env import declared, python
from pipl.env.declared import Declared
from pipl.env.environment import Environment
from pipl.env.lock import Lock
from pipl.env.requirement import plain_name

NAME = "pipl-disagreements.json"
"""In the environment's root, where there are any."""
MAX_COMPARED = 10
"""Of how many packages the index is asked what it says of them."""


@dataclass(frozen=True)
class _Unmet:
    """A requirement of an installed package that what is installed does not meet."""

    by: Declared
    requirement: str
    present: str | None

    def __str__(self) -> str:
        there = f"{self.present} is there" if self.present else "which is not installed"
        return f"{self.by.name} {self.by.version} requires {self.requirement}, {there}"


def check(environment: Environment, lock: Lock, index_url: str) -> tuple[str, ...]:
    """What does not agree, a text for each; it is kept in the environment for `read`."""
    found = tuple(_disagreements(environment, lock, index_url))
    path = environment.folder / NAME
    if found:
        durable.write_text(path, json.dumps(found, indent=1) + "\n")
    else:
        path.unlink(missing_ok=True)
    return found


def read(environment: Environment) -> tuple[str, ...]:
    """What `check` found when the environment was last changed."""
    try:
        found = json.loads((environment.folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _disagreements(environment: Environment, lock: Lock, index_url: str) -> Iterator[str]:
    installed = declared.of_environment(environment)
    interpreter = environment.interpreter
    for one in installed.values():
        requires = one.requires_python
        if interpreter and requires and not python.fits(interpreter, requires):
            yield f"{one.name} {one.version} requires Python {requires}, not {interpreter.version}"
    unmet = list(_unmet(installed, lock))
    if unmet:
        yield from _compared(unmet, lock, index_url)


def _unmet(installed: dict[str, Declared], lock: Lock) -> Iterator[_Unmet]:
    from pipl_pipe.names import normalised

    for one in installed.values():
        if one.name in lock.editables:
            continue
        for text in one.requires:
            name = plain_name(text)
            if name is not None and normalised(name) in installed:
                continue
            from packaging.requirements import InvalidRequirement, Requirement

            from pipl.packl.graph.needs import extra_of

            try:
                wanted = Requirement(text)
            except InvalidRequirement:
                continue
            there = installed.get(normalised(wanted.name))
            if there and wanted.specifier.contains(there.version, prereleases=True):
                continue
            marker = wanted.marker
            counts = marker is None or marker.evaluate({"extra": ""})
            if counts and extra_of(wanted) is None:
                shown = f"{wanted.name}{wanted.specifier}"
                yield _Unmet(one, shown, there.version if there else None)


def _compared(unmet: list[_Unmet], lock: Lock, index_url: str) -> Iterator[str]:
    """With what the index says of them: whose fault it is."""
    from pipl.index.offered import Offers

    urls = {
        package.name: file.url
        for package in lock.packages
        for file in package.files
        if file.kind == "wheel"
    }
    asked: dict[str, frozenset[str] | None] = {}
    with Offers(index_url) as offers:
        for one in unmet:
            name = one.by.name
            if name not in asked and len(asked) < MAX_COMPARED:
                text = offers.metadata_beside(urls.get(name))
                told = declared.parse(text) if text else None
                asked[name] = frozenset(told.requires) if told else None
            said = asked.get(name)
            if said is not None and said != frozenset(one.by.requires):
                yield f"{one}; the wheel's METADATA is not what the index says of it"
            else:
                yield str(one)
