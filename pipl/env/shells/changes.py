"""What activating a workspace changes in a shell, and what takes that back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipl_pipe.variables import Operation, apply


@dataclass(frozen=True)
class Changes:
    """Variables to set and to remove, aliases by name, and scripts to read, all in order."""

    set: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()


def between(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """What makes the variables `before` those of `after`, by name."""
    changed = {name: after[name] for name in sorted(after) if before.get(name) != after[name]}
    return Changes(changed, tuple(sorted(before.keys() - after.keys())))


def of(
    operations: Iterable[Operation], environ: Mapping[str, str], own: Mapping[str, str]
) -> Changes:
    """What the operations, and then the variables `own`, change where `environ` holds.

    An empty text in `own` removes the variable.
    """
    listed = list(operations)
    after = {**apply(listed, environ), **own}
    for name, value in own.items():
        if not value:
            del after[name]
    changed = between(environ, after)
    return Changes(
        changed.set,
        changed.unset,
        {one.name: one.value for one in listed if one.action == "alias"},
        tuple(one.value for one in listed if one.action == "source"),
    )


def made(changes: Changes, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables after the changes."""
    kept = {name: one for name, one in environ.items() if name not in changes.unset}
    return {**kept, **changes.set}


def back(changes: Changes, environ: Mapping[str, str]) -> Changes:
    """What takes the changes of variables back, where `environ` held before them."""
    names = [*changes.set, *changes.unset]
    return Changes(
        {name: environ[name] for name in names if name in environ},
        tuple(name for name in names if name not in environ),
        changes.aliases,
    )
