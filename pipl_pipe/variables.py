"""Changes of environment variables, as values: recorded in one process, applied in another."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping

ACTIONS = ("set", "unset", "prepend", "append", "default", "alias", "source")
OF_SHELLS = ("alias", "source")
"""What only a shell can do; the others change variables."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Operation:
    """One change; `source` is the distribution that asks for it, `where` its `file:line`.

    `prepend` and `append` treat the variable as a list of paths and move what is in it
    already; `default` sets it only where it is not set. `alias` gives the command line `value`
    a name, and `source` runs the script at `value` in shells of its kind (its suffix says which);
    no process but a shell sees these two.
    """

    name: str
    action: str
    value: str = ""
    source: str = ""
    where: str = ""

    @property
    def problem(self) -> str:
        """What keeps it from being applied; empty if nothing does."""
        if self.action not in ACTIONS:
            return f"there is no action {self.action!r}"
        named = _ALIAS if self.action == "alias" else _NAME
        if self.action != "source" and not named.fullmatch(self.name):
            return f"{self.name!r} is no name of a variable or alias"
        if "\0" in self.value:
            return f"the value of {self.name} holds a NUL"
        return ""


@dataclass(frozen=True)
class Step:
    """What one operation did to its variable: None stands for not set."""

    operation: Operation
    before: "str | None"
    after: "str | None"


def apply(operations: Iterable[Operation], environ: Mapping[str, str]) -> Dict[str, str]:
    """The variables after all changes; `environ` stays as it is."""
    after = dict(environ)
    for one in operations:
        _apply(one, after)
    return after


def steps(operations: Iterable[Operation], environ: Mapping[str, str]) -> List[Step]:
    """What each change of a variable does, in order; those of shells alone are left out."""
    now = dict(environ)
    found = []
    for one in operations:
        if one.action in OF_SHELLS:
            continue
        before = now.get(one.name)
        _apply(one, now)
        found.append(Step(one, before, now.get(one.name)))
    return found


def _apply(one: Operation, after: Dict[str, str]) -> None:
    if one.action == "set" or (one.action == "default" and one.name not in after):
        after[one.name] = one.value
    elif one.action == "unset":
        after.pop(one.name, None)
    elif one.action in ("prepend", "append"):
        after[one.name] = _joined(after.get(one.name, ""), one)


def _joined(before: str, one: Operation) -> str:
    kept = [path for path in before.split(os.pathsep) if path and path != one.value]
    return os.pathsep.join([one.value, *kept] if one.action == "prepend" else [*kept, one.value])
