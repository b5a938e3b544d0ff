"""The versions that exist of what a conflict is about, and why each of them is refused."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from pipl.env.interpreter import Interpreter
from pipl.index.offered import Offer
from pipl.workspace.conflict.demands import Demand, Demands

MAX_SHOWN = 12


@dataclass(frozen=True)
class Refusal:
    """A version of `name` and why nobody takes it, a text for each reason; none: it may be."""

    name: str
    version: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """The versions of one package, newest first; `exists` is False where the index has none.

    `more` is how many older ones are not listed, `similar` are names that may have been meant.
    """

    name: str
    exists: bool
    versions: tuple[Refusal, ...]
    more: int
    similar: tuple[str, ...] = ()


def refused(demands: Demands, python: Interpreter) -> tuple[Refused, ...]:
    """The packages of which no version is left; where that is none, those demanded by several."""
    found = [_of(name, demands, python) for name in demands.asked_for]
    without = [one for one in found if all(version.reasons for version in one.versions)]
    if without:
        return tuple(without)
    contested = [one for one in found if any(version.reasons for version in one.versions)]
    return tuple(contested)


def _of(name: str, demands: Demands, python: Interpreter) -> Refused:
    offers = demands.offers[name]
    asked = demands.on(name)
    listed = tuple(
        Refusal(name, str(offer.version), _reasons(offer, asked, python)) for offer in offers
    )
    shown = [one for one in listed if not one.reasons][:MAX_SHOWN]
    shown += [one for one in listed if one.reasons][: MAX_SHOWN - len(shown)]
    shown.sort(key=listed.index)
    return Refused(name, bool(offers), tuple(shown), len(listed) - len(shown))


def _reasons(offer: Offer, asked: tuple[Demand, ...], python: Interpreter) -> tuple[str, ...]:
    found = []
    for demand in asked:
        if demand.everyone and not demand.specifier.contains(offer.version, prereleases=True):
            found.append(f"{_by(demand)} requires {demand.requirement}")
    if offer.requires_python and not _admits_python(offer.requires_python, python):
        found.append(f"it requires Python {offer.requires_python}, not {python.version}")
    if offer.yanked is not None:
        found.append(f"it was yanked{': ' * bool(offer.yanked)}{offer.yanked}")
    return tuple(found)


def _by(demand: Demand) -> str:
    return f"{demand.by} {', '.join(demand.versions[:3])}".rstrip()


def _admits_python(specifier: str, python: Interpreter) -> bool:
    try:
        return SpecifierSet(specifier).contains(python.version, prereleases=True)
    except InvalidSpecifier:
        return True
