"""The graph of a workspace, from its lock and from what the locked packages declare.

That is read where the packages are installed; of those that are not, the index is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement

from pipl.env.declared import Declared, of_environment
from pipl.env.lock import Lock
from pipl.env.locked import LockedPackage
from pipl.index.release import same_version
from pipl.index.wheel_facts import KIND_MEMBER, MAX_TEXT
from pipl.packl.graph.needs import extra_of
from pipl.workspace.folder import Workspace
from pipl.workspace.graph.graph import WORKSPACE, Edge, LockGraph, Node, role_of
from pipl_pipe import packl
from pipl_pipe.names import normalised

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

    requirement: Requirement
    extra: str | None

    @property
    def name(self) -> str:
        return normalised(self.requirement.name)


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
            needs += tuple(_Need(need.requirement, normalised(extra)) for need in _needs(texts))
        found[name] = _Source(node, needs, frozenset(map(normalised, workspace.extras)))
    return found


def _is_the_one(package: LockedPackage, declared: Declared) -> bool:
    return package.version is None or same_version(package.version, declared.version)


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


def _needs(texts: Iterable[str]) -> tuple[_Need, ...]:
    """What can be read of requirements and counts on this platform."""
    found = []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        extra = extra_of(requirement)
        if marker is None or marker.evaluate({**_HERE, "extra": extra or ""}):
            found.append(_Need(requirement, normalised(extra) if extra else None))
    return tuple(found)


_HERE: Mapping[str, str] = {key: str(value) for key, value in default_environment().items()}


def _wanted(sources: Mapping[str, _Source]) -> dict[str, frozenset[str]]:
    """The extras that are asked for of each node, over all the requirements that count."""
    wanted = {name: source.extras for name, source in sources.items()}
    todo = list(sources)
    while todo:
        name = todo.pop()
        for need in sources[name].needs:
            if need.extra is not None and need.extra not in wanted[name]:
                continue
            asked = frozenset(map(normalised, need.requirement.extras))
            if need.name in wanted and not asked <= wanted[need.name]:
                wanted[need.name] |= asked
                todo.append(need.name)
    return wanted


def _edges(source: _Source, extras: frozenset[str]) -> list[Edge]:
    found: dict[tuple[str, str], Edge] = {}
    for need in source.needs:
        if need.extra is not None and need.extra not in extras:
            continue
        requirement = need.requirement
        named = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        specifier = str(requirement.specifier)
        text = f"{requirement.name}{named}{specifier}"
        edge = Edge(source.node.name, need.name, text, specifier, need.extra)
        found.setdefault((need.name, text), edge)
    return list(found.values())
