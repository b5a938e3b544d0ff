"""Who takes a new version of a packl, by whose specifier, and of itself or by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from packaging.version import InvalidVersion, Version

from pipl.errors.index import UnknownPackl
from pipl.index.wheel_facts import AUTO
from pipl.packl.graph.graph import TASK, Graph
from pipl.packl.graph.needs import Mode, Need
from pipl.packl.graph.walks import way, ways
from pipl_pipe.names import normalised

Standing = Literal["current", "follows", "outdated", "held", "library"]
"""How a dependent stands to the version: it has it, CI will bring it, somebody has to, its
specifier does not admit it, or it has no lock of its own (no task)."""


@dataclass(frozen=True)
class Dependent:
    """A packl that requires another one, as its newest release.

    `requires` is the packl that it requires directly on the way (`via` are those between, from
    it on), by the specifier `specifier`; `admits` says whether that takes the version asked
    about, which is so for the way's other packls where there is no `version` of them yet.
    `locked` is what the lock of a task pins of the packl asked about.
    """

    name: str
    version: str
    kind: str
    index: str
    requires: str
    specifier: str
    extra: str | None
    mode: Mode
    admits: bool
    follow: str
    locked: str | None
    standing: Standing
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dependents:
    """Those who require `name`, by name; `version` is the one asked about (None: none is known)."""

    name: str
    version: str | None
    maker: str | None
    dependents: tuple[Dependent, ...]


def dependents(
    graph: Graph, name: str, *, version: str | None = None, transitive: bool = False
) -> Dependents:
    """Who requires a packl directly, or with `transitive` over other packls and their tasks too.

    Without `version` the newest one counts. Raises UnknownPackl for what nobody has or wants.
    """
    name = normalised(name)
    packl = graph.packls.get(name)
    direct = graph.needs_for(name)
    if packl is None and not direct and graph.maker(name) is None:
        raise UnknownPackl(_index_of(graph), name)
    asked = version or (packl.version if packl else None)
    found = [_dependent(graph, need, name, asked) for need in direct]
    if transitive:
        known = {one.name for one in found} | {name}
        before = ways(name, graph.downstream)
        for further in before:
            if further not in known and further in graph.packls:
                found.append(_further(graph, way(name, further, before), asked))
    ordered = sorted(found, key=lambda one: (len(one.via), one.name, one.extra or ""))
    return Dependents(name, asked, graph.maker(name), tuple(ordered))


def _dependent(
    graph: Graph, need: Need, name: str, version: str | None, via: tuple[str, ...] = ()
) -> Dependent:
    packl = graph.packls[need.dependent]
    target = version
    if via:
        between = graph.packls.get(need.name)
        target = between.version if between else None
    admits = target is None or need.admits(target)
    locked = packl.facts.locked.get(name)
    follows = packl.facts.follow == AUTO and need.extra is None
    return Dependent(
        name=packl.name,
        version=packl.version,
        kind=packl.kind,
        index=packl.index,
        requires=need.name,
        specifier=need.specifier,
        extra=need.extra,
        mode=need.mode,
        admits=admits,
        follow=packl.facts.follow,
        locked=locked,
        standing=_standing(packl.kind, admits, locked, version, follows=follows),
        via=via,
    )


def _further(graph: Graph, path: tuple[str, ...], version: str | None) -> Dependent:
    """One over others: by the last requirement on the way to it."""
    name, before, further = path[0], path[-2], path[-1]
    need = next(
        (need for need in graph.needs_of(further) if need.name == before and need.counts),
        Need(further, before, before),  # a product, made by the task before it
    )
    return _dependent(graph, need, name, version, tuple(reversed(path[1:-1])))


def _standing(
    kind: str, admits: bool, locked: str | None, version: str | None, *, follows: bool
) -> Standing:
    if kind != TASK:
        return "library" if admits else "held"
    if locked is not None and version is not None and not _is_older(locked, version):
        return "current"
    if not admits:
        return "held"
    return "follows" if follows else "outdated"


def _is_older(one: str, other: str) -> bool:
    try:
        return Version(one) < Version(other)
    except InvalidVersion:
        return one != other


def _index_of(graph: Graph) -> str:
    return next((packl.index for packl in graph.packls.values()), "the index")
