"""The graph of a workspace, from its lock and from what the locked packages declare.

That is read where the packages are installed; of those that are not, the index is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipl.env.declared import Declared, of_environment
from pipl.env.lock import Lock
from pipl.env.locked import LockedPackage
from pipl.index.wheel_facts import KIND_MEMBER, MAX_TEXT
from pipl.workspace.folder import Workspace
from pipl.workspace.graph.graph import WORKSPACE, Edge, LockGraph, Node, role_of
from pipl_pipe import packl
from pipl_pipe.names import normalised

MAX_PLAIN = 200
_PLAIN = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?) *(\[[A-Za-z0-9._, -]*\])? *"
    r"\(?((?:[<>=!~]=?=? *[A-Za-z0-9.*+_-]+ *(?:, *|(?=\))|$))*)\)?"
)
"""A requirement without a marker and without a URL: most are such."""
Ask = Callable[[tuple[LockedPackage, ...]], Mapping[str, Declared]]
"""Reads what packages declare that are not installed, by name; of some it may find nothing."""


def graph(workspace: Workspace, lock: Lock, ask: Ask) -> LockGraph:
    """Raises InvalidPackl, NotAPackl for a packl edited here that cannot be read."""
    sources = _sources(workspace, lock, ask)
    wanted = _wanted(sources)
    edges: list[Edge] = []
    missing: list[Edge] = []
    for source in sources.values():
        for edge in _edges(source, wanted.get(source.node.name, frozenset())):
            (edges if edge.target in sources else missing).append(edge)
    nodes = {name: source.node for name, source in sources.items()}
    return LockGraph(nodes, tuple(edges), tuple(missing))


@dataclass(frozen=True)
class _Need:
    """A requirement, with the extra of its owner without which it does not count."""

    name: str
    text: str
    specifier: str
    extras: frozenset[str]
    extra: str | None


@dataclass(frozen=True)
class _Source:
    """A node with its needs; `extras` are those that it has of itself."""

    node: Node
    needs: tuple[_Need, ...]
    extras: frozenset[str] = frozenset()


def _sources(workspace: Workspace, lock: Lock, ask: Ask) -> dict[str, _Source]:
    edited = {normalised(one.name): one for one in map(packl.read, workspace.edited)}
    installed = of_environment(workspace.environment)
    released = [package for package in lock.packages if package.name not in edited]
    declared = {
        package.name: installed[package.name]
        for package in released
        if package.name in installed and _is_the_one(package, installed[package.name])
    }
    lacking = tuple(package for package in released if package.name not in declared)
    declared.update(ask(lacking) if lacking else {})
    top = Node(WORKSPACE, workspace.name, None, "workspace")
    asked = _needs((*workspace.requirements, *(one.name for one in edited.values())))
    found = {WORKSPACE: _Source(top, asked)}
    for package in released:
        found[package.name] = _released(package, declared.get(package.name))
    for name, one in edited.items():
        node = Node(name, one.name, one.version, role_of(one.kind), one.kind, edited=True)
        needs = _needs(one.dependencies)
        for extra, texts in one.extras.items():
            needs += _needs(texts, extra)
        found[name] = _Source(node, needs, frozenset(map(normalised, workspace.extras)))
    return found


def _is_the_one(package: LockedPackage, declared: Declared) -> bool:
    if package.version in (None, declared.version):
        return True
    from pipl.index.release import same_version  # slow to import, and they mostly are the same

    return same_version(package.version or "", declared.version)


def _released(package: LockedPackage, declared: Declared | None) -> _Source:
    kind = _kind(declared) if declared else ""
    node = Node(
        name=package.name,
        title=package.name,
        version=package.version,
        role=role_of(kind),
        kind=kind,
        known=declared is not None,
    )
    return _Source(node, _needs(declared.requires) if declared else ())


def _kind(declared: Declared) -> str:
    """Of a packl, as its wheel says; empty for what is none, or was not read here."""
    if declared.folder is None:
        return ""
    try:
        value = json.loads((declared.folder / KIND_MEMBER).read_text(encoding="utf-8"))
        kind = value["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return kind[:MAX_TEXT] if isinstance(kind, str) else ""


def _needs(texts: Iterable[str], extra: str | None = None) -> tuple[_Need, ...]:
    """What can be read of requirements and counts on this platform."""
    return tuple(need for text in texts if (need := _need(text, extra)) is not None)


def _need(text: str, extra: str | None) -> _Need | None:
    plain = _PLAIN.fullmatch(text) if len(text) <= MAX_PLAIN else None
    if plain is None:
        return _parsed(text, extra)
    limits = sorted(filter(None, plain[3].replace(" ", "").split(",")))
    return _made(plain[1], (plain[2] or "").strip("[] ").split(","), ",".join(limits), extra)


def _parsed(text: str, extra: str | None) -> _Need | None:
    """By the full grammar (PEP 508), which takes longer to import than all the rest."""
    from packaging.requirements import InvalidRequirement, Requirement

    from pipl.packl.graph.needs import extra_of

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    by = extra_of(requirement)
    marker = requirement.marker
    if marker is not None and not marker.evaluate({"extra": by or ""}):
        return None
    return _made(requirement.name, requirement.extras, str(requirement.specifier), by or extra)


def _made(named: str, extras: Iterable[str], specifier: str, extra: str | None) -> _Need:
    asked = sorted(filter(None, (one.strip() for one in extras)))
    shown = f"[{','.join(asked)}]" if asked else ""
    return _Need(
        name=normalised(named),
        text=f"{named}{shown}{specifier}",
        specifier=specifier,
        extras=frozenset(map(normalised, asked)),
        extra=normalised(extra) if extra else None,
    )


def _wanted(sources: Mapping[str, _Source]) -> dict[str, frozenset[str]]:
    """The extras that are asked for of each node, over all the requirements that count."""
    wanted = {name: source.extras for name, source in sources.items()}
    todo = list(sources)
    while todo:
        name = todo.pop()
        for need in sources[name].needs:
            if need.extra is not None and need.extra not in wanted[name]:
                continue
            if need.name in wanted and not need.extras <= wanted[need.name]:
                wanted[need.name] |= need.extras
                todo.append(need.name)
    return wanted


def _edges(source: _Source, extras: frozenset[str]) -> list[Edge]:
    found: dict[tuple[str, str], Edge] = {}
    for need in source.needs:
        if need.extra is None or need.extra in extras:
            edge = Edge(source.node.name, need.name, need.text, need.specifier, need.extra)
            found.setdefault((need.name, need.text), edge)
    return list(found.values())
