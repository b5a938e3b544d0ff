"""What moves between two locks, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pipl.env.install import Everything, Upgrade
from pipl.env.lock import Lock

EDITED = "edited here"
"""Stands for the version of a packl that is edited in place."""


@dataclass(frozen=True)
class Change:
    """One package that a new lock moves: None stands for absent.

    `why` says what made it move, None where nobody has asked.
    """

    name: str
    before: str | None
    after: str | None
    why: str | None = None


def changes_between(before: Lock | None, after: Lock) -> tuple[Change, ...]:
    """What moves between two locks, by name; on this platform where they hold several."""
    old = _versions(before) if before else {}
    new = _versions(after)
    return tuple(
        Change(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name, "") != new.get(name, "")
    )


def explained(
    changes: Collection[Change], asked: Upgrade, requirers: Mapping[str, tuple[str, ...]]
) -> tuple[Change, ...]:
    """The changes of an update with their reasons.

    `asked` are the packages that were to move; `requirers` says who requires each now, an
    empty name standing for the workspace.
    """
    moved = {change.name for change in changes}
    return tuple(replace(one, why=_why(one, asked, requirers, moved)) for one in changes)


def _why(
    change: Change,
    asked: Upgrade,
    requirers: Mapping[str, tuple[str, ...]],
    moved: Collection[str],
) -> str:
    if change.after is None:
        return "nothing requires it any more" if change.before else "not edited here any more"
    if not isinstance(asked, Everything) and change.name in asked:
        return "asked for"
    sources = requirers.get(change.name, ())
    causes = [name for name in sources if name in moved] or list(sources)
    names = ", ".join(name or "the workspace" for name in causes)
    if change.before is None or not isinstance(asked, Everything):
        return f"required by {names}" if names else "to fit the others"
    return "the newest that is admitted"


def _versions(lock: Lock) -> dict[str, str | None]:
    return {
        package.name: EDITED if package.editable else package.version
        for package in lock.needed_here().packages
    }
