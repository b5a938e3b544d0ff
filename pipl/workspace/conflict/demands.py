"""Who demands what of whom in a conflict: from what is asked for down to where it fails."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pipl.env import declared
from pipl.env.declared import Declared
from pipl.index.offered import Offer, Offers
from pipl.packl.graph.needs import extra_of
from pipl.workspace.conflict.asked import Question, counts, is_requirement
from pipl_pipe.names import normalised

MAX_VERSIONS = 20
"""How many versions of a package are looked into, the newest that may be taken first."""
MAX_PACKAGES = 20
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Demand:
    """`by` demands `requirement` of `name`.

    `versions` are those of `by` that do, newest first (empty: it is asked for here, or edited
    here). `everyone` says whether all versions of it that may be taken do.
    """

    by: str
    name: str
    requirement: str
    versions: tuple[str, ...] = ()
    everyone: bool = True

    @property
    def specifier(self) -> SpecifierSet:
        return Requirement(self.requirement).specifier


@dataclass(frozen=True)
class Demands:
    """`demands` in the order in which they are met from above; `offers` by name.

    `asked_for` are the names in the resolver's words that are asked for here or below it,
    `newest` what the newest version of each that may be taken declares. `complete` is False
    where time ran out.
    """

    asked_for: tuple[str, ...]
    demands: tuple[Demand, ...]
    offers: Mapping[str, tuple[Offer, ...]]
    newest: Mapping[str, Declared]
    complete: bool = True

    def on(self, name: str) -> tuple[Demand, ...]:
        return tuple(demand for demand in self.demands if demand.name == name)


def gather(question: Question, explanation: str, offers: Offers, until: float) -> Demands:
    """What can be found out about the packages that the resolver speaks of.

    Nothing more is asked for after the time `until` (of time.monotonic).
    """
    spoken_of = {normalised(word) for word in _WORD.findall(explanation)}
    edited = {normalised(one.name): Version(one.version) for one in question.edited}
    found = [
        Demand(one.owner, one.name, plain(one.requirement))
        for one in question.asked
        if one.name in spoken_of
    ]
    todo = list(dict.fromkeys(demand.name for demand in found))
    seen: dict[str, tuple[Offer, ...]] = {}
    newest: dict[str, Declared] = {}
    while todo and len(seen) < MAX_PACKAGES and time.monotonic() < until:
        name = todo.pop(0)
        if name in seen:
            continue
        if name in edited:  # what it demands is known already
            seen[name] = (Offer(name, edited[name]),)
            continue
        seen[name] = offers.of(name)
        read = _read(_candidates(seen[name], found), offers)
        newest.update({name: read[0]} if read else {})
        seen[name] = _with_pythons(seen[name], read)
        further = [one for one in _below(read, question) if one.name in spoken_of]
        found += further
        todo += [one.name for one in further]
    return Demands(tuple(seen), tuple(found), seen, newest, not set(todo) - set(seen))


def plain(requirement: Requirement) -> str:
    """A requirement without its marker."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def _candidates(offers: Iterable[Offer], demands: Iterable[Demand]) -> list[Offer]:
    """The versions that what is known to be demanded admits, pre-releases last."""
    listed = list(offers)
    names = {offer.name for offer in listed}
    limits = [one.specifier for one in demands if one.name in names and one.everyone]
    admitted = [
        offer
        for offer in listed
        if all(limit.contains(offer.version, prereleases=True) for limit in limits)
    ]
    final = [offer for offer in admitted if not offer.version.is_prerelease]
    return (final or admitted)[:MAX_VERSIONS]


def _read(candidates: list[Offer], offers: Offers) -> list[Declared]:
    """What versions declare, as far as that can be had."""
    texts = offers.metadata(candidates)
    read = [declared.parse(texts[offer]) for offer in candidates if offer in texts]
    return [_readable(one) for one in read if one is not None]


def _with_pythons(offers: tuple[Offer, ...], read: list[Declared]) -> tuple[Offer, ...]:
    """What a page does not say of Pythons, METADATA may."""
    said = {one.version: one.requires_python for one in read}
    return tuple(
        dataclasses.replace(offer, requires_python=said.get(str(offer.version), ""))
        if not offer.requires_python
        else offer
        for offer in offers
    )


def _readable(one: Declared) -> Declared:
    return dataclasses.replace(one, requires=tuple(filter(is_requirement, one.requires)))


def _below(candidates: list[Declared], question: Question) -> list[Demand]:
    """What versions of a package demand, equal demands together."""
    by_text: dict[str, list[str]] = {}
    for one in candidates:
        for text in one.requires:
            if not counts(text, question.wanted.python):
                continue
            requirement = Requirement(text)
            if extra_of(requirement) is None:
                versions = by_text.setdefault(plain(requirement), [])
                versions += [one.version] if one.version not in versions else []
    return [
        Demand(
            by=candidates[0].name,
            name=normalised(Requirement(text).name),
            requirement=text,
            versions=tuple(versions),
            everyone=len(versions) == len(candidates),
        )
        for text, versions in by_text.items()
    ]
