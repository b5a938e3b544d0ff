"""Explaining why a workspace cannot be resolved, in words that name who can change what."""

from __future__ import annotations

import dataclasses
import re
import time
from dataclasses import dataclass

from pipl.env import python
from pipl.env.install import Installer, Resolve
from pipl.env.lock import Lock
from pipl.errors.env import Unresolvable
from pipl.index.offered import Offers
from pipl.workspace import interpreters
from pipl.workspace.conflict import demands as gathering
from pipl.workspace.conflict import refusals, trials
from pipl.workspace.conflict.asked import Question
from pipl.workspace.conflict.demands import Demand, Demands
from pipl.workspace.conflict.refusals import Refused
from pipl.workspace.conflict.trials import Change
from pipl.workspace.folder import Workspace
from pipl.workspace.interpreters import Asker
from pipl_pipe.names import normalised

LIMIT_S = 6.0
_PYTHON = re.compile(r"\bPython\b")
MAX_CHAINS = 20


@dataclass(frozen=True)
class Conflict:
    """What was found out about requirements that cannot be met together.

    `chains` lead from the workspace to a demand, one text for each link. `complete` is False
    where there was no time to try more `changes`.
    """

    chains: tuple[tuple[str, ...], ...]
    packages: tuple[Refused, ...]
    changes: tuple[Change, ...]
    complete: bool


def solved_otherwise(
    fault: Unresolvable,
    workspace: Workspace,
    wanted: Resolve,
    installer: Installer,
    *,
    limit_s: float = LIMIT_S,
) -> Lock:
    """The lock with another Python, where that is what was in the way and one is found.

    Raises NoCommonInterpreter where none is, else Unresolvable with what could be found out
    in `limit_s` seconds; the resolver's own words stay in it.
    """
    begun = time.monotonic()
    question = Question.of(workspace, wanted)
    with Offers(wanted.index_url) as offers:
        demands = gathering.gather(question, fault.explanation, offers, begun + limit_s / 2)
    if workspace.python is None and _PYTHON.search(fault.explanation):
        lock = _with_another_python(workspace, wanted, demands, installer)
        if lock is not None:
            return lock
    if not demands.demands:
        raise fault
    tried = trials.tried(question, demands, installer, begun + limit_s)
    conflict = Conflict(
        chains=_chains(question, demands),
        packages=_with_similar(refusals.refused(demands, wanted.python), wanted.index_url),
        changes=tried.changes,
        complete=tried.complete and demands.complete,
    )
    raise Unresolvable(fault.explanation, _told(conflict), conflict) from fault


def _with_similar(packages: tuple[Refused, ...], index_url: str) -> tuple[Refused, ...]:
    """What may have been meant by names that the index does not have."""
    if all(one.exists for one in packages):
        return packages
    with Offers(index_url) as offers:
        return tuple(
            one if one.exists else dataclasses.replace(one, similar=offers.similar(one.name))
            for one in packages
        )


def _with_another_python(
    workspace: Workspace, wanted: Resolve, demands: Demands, installer: Installer
) -> Lock | None:
    """By what the newest versions of the packages in the way require."""
    asking = [
        Asker(one.name, one.requires_python)
        for one in demands.newest.values()
        if one.requires_python and not python.fits(wanted.python, one.requires_python)
    ]
    if not asking:
        return None
    edited = interpreters.of_edited(workspace)
    other = interpreters.common(workspace, (*edited, *asking))
    try:
        lock = installer.resolve(dataclasses.replace(wanted, python=other))
    except Unresolvable:
        return None
    return interpreters.remembered(lock, asking)


def _chains(question: Question, demands: Demands) -> tuple[tuple[str, ...], ...]:
    """For each demand, how the one who demands it comes in; the shortest way is enough."""
    edited = {one.name for one in question.edited}
    found = []
    for demand in demands.demands[:MAX_CHAINS]:
        links: list[str] = []
        at: Demand | None = demand
        seen: set[str] = set()
        while at is not None and at.by not in seen:
            seen.add(at.by)
            links.append(_link(at))
            owner = at.by
            at = None
            if owner in edited:
                links.append(question.workspace)
            elif links[-1] and owner != question.workspace:
                at = next(iter(demands.on(normalised(owner))), None)
        found.append(tuple(reversed(links)))
    return tuple(one for one in found if not any(_begins(other, one) for other in found))


def _begins(longer: tuple[str, ...], chain: tuple[str, ...]) -> bool:
    """Whether another chain goes on from this one, and so tells all of it."""
    return len(longer) > len(chain) and longer[: len(chain)] == chain


def _link(demand: Demand) -> str:
    versions = ", ".join(demand.versions[:3]) + (", …" if len(demand.versions) > 3 else "")
    return f"{demand.by} {versions}".rstrip() + f" requires {demand.requirement}"


def _told(conflict: Conflict) -> str:
    """The conflict in lines, with an end that leads over to the resolver's words."""
    lines = [f"  {' → '.join(chain)}" for chain in conflict.chains]
    for package in conflict.packages:
        if not package.exists:
            meant = f"; did you mean {' or '.join(package.similar)}?" if package.similar else ""
            lines.append(f"the index holds no {package.name}{meant}")
            continue
        lines.append(f"versions of {package.name}:")
        lines += [
            f"  {one.version}: {'; '.join(one.reasons) or 'fits'}" for one in package.versions
        ]
        lines += [f"  and {package.more} more"] if package.more else []
    if conflict.changes:
        lines.append("one of these would make it solvable (each was tried):")
        lines += [f"  {_proposed(change)}" for change in conflict.changes]
    elif conflict.complete:
        lines.append("no single change of what is required here makes it solvable")
    if not conflict.complete:
        lines.append("there was no time to try more changes")
    return "\n".join([*lines, "the resolver's own words:", ""])


def _proposed(change: Change) -> str:
    if change.kind == "loosen":
        return f"{change.takes}, if {change.owner} admits it (it requires {change.requirement})"
    if change.kind == "release":
        return (
            f"{change.takes}, if there were a release after {change.owner} that admits it "
            f"(that one requires {change.requirement})"
        )
    return f"{change.owner} without {change.requirement}"
