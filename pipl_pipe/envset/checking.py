"""What an operation must be, so that every shell can do it."""

from __future__ import annotations

import re
from typing import List

from pipl_pipe.variables import ACTIONS, Operation

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def problem_of(one: Operation) -> str:
    """What is wrong with an operation; empty if nothing is."""
    if one.action not in ACTIONS:
        return f"{one.action!r} is no action; there are: {', '.join(ACTIONS)}"
    texts: List[object] = [one.name, one.value]
    if not all(isinstance(text, str) for text in texts):
        return "names and values must be texts"
    if one.action == "alias" and not _ALIAS.fullmatch(one.name):
        return f"{one.name!r} cannot name an alias: letters, digits and . _ - can"
    if one.action not in ("alias", "source") and not _VARIABLE.fullmatch(one.name):
        return f"{one.name!r} cannot name a variable: letters, digits and _ can"
    if "\0" in one.value:
        return "no variable can hold a NUL character"
    if one.action == "alias" and "\n" in one.value:
        return "an alias is one line"
    return ""
