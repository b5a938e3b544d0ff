"""Changes of environment variables, as values: recorded in one process, applied in another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict, Iterable, Mapping

_NO_VARIABLE = ("alias", "source")
ACTIONS = ("set", "unset", "prepend", "append", "default", "alias", "source")


NAMES = "PIPL_ENV_NAMES"
"""Names the variables that env sets of an active workspace have changed, with spaces between."""


@dataclass(frozen=True)
class Operation:
    """One change of one variable; `source` is the distribution that asks for it.

    `prepend` and `append` treat the variable as a list of paths and move what is in it
    already; `default` sets it only where it is not set. `alias` names a command line for
    interactive shells, and `source` (without a name) a script in a shell's own language: both
    change no variable here. `line` says where it is declared, as `file:line`.
    """

    name: str
    action: str
    value: str = ""
    source: str = ""
    line: str = ""


def apply(operations: Iterable[Operation], environ: Mapping[str, str]) -> Dict[str, str]:
    """The variables after all changes; `environ` stays as it is."""
    after = dict(environ)
    for one in operations:
        if one.action == "set" or (one.action == "default" and one.name not in after):
            after[one.name] = one.value
        elif one.action == "unset":
            after.pop(one.name, None)
        elif one.action in ("prepend", "append"):
            after[one.name] = _joined(after.get(one.name, ""), one)
    return after


def names(operations: Iterable[Operation]) -> str:
    """The variables that the operations change, with spaces between."""
    return " ".join(sorted({one.name for one in operations if one.action not in _NO_VARIABLE}))


def _joined(before: str, one: Operation) -> str:
    kept = [path for path in before.split(os.pathsep) if path and path != one.value]
    return os.pathsep.join([one.value, *kept] if one.action == "prepend" else [*kept, one.value])
