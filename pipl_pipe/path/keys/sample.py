"""Texts that a regular expression may fit, to show what it means."""

from __future__ import annotations

import string
from typing import Any, Callable, Dict, Iterable, List

from pipl_pipe.path.text import MAX_NAME

_LIKED = "a1A_-. " + string.ascii_letters + string.digits + string.punctuation
Takes = Callable[[Any, str], bool]
"""Whether a node of an expression takes a character."""


def sample(parsed: Iterable[Any], takes: Takes, variant: int) -> str:
    """A text for the nodes of a parsed expression, by a guess: what looks around is passed over.

    Another `variant` (0, 1, 2 …) takes other characters, alternatives and numbers of repeats.
    It is cut where it is longer than a name can be.
    """
    return _Guess(takes, variant).text(parsed)


class _Guess:
    def __init__(self, takes: Takes, variant: int) -> None:
        self._takes = takes
        self._variant = variant
        self._groups: Dict[int, str] = {}

    def text(self, nodes: Iterable[Any]) -> str:
        text = ""
        for node in nodes:
            text += self._of(node, str(node[0]), node[1])
        return text[: MAX_NAME + 1]

    def _of(self, node: Any, kind: str, value: Any) -> str:
        if kind == "LITERAL":
            return chr(value)
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            times = min(max(int(value[0]), 1) + self._variant, int(value[1]), MAX_NAME + 1)
            return self.text(value[2]) * times
        if kind == "SUBPATTERN":
            found = self.text(value[3])
            self._groups[value[0]] = found
            return found
        if kind == "BRANCH":
            return self.text(value[1][self._variant % len(value[1])])
        if kind == "ATOMIC_GROUP":
            return self.text(value)
        if kind == "GROUPREF":
            return self._groups.get(value, "")
        if kind in ("IN", "ANY", "NOT_LITERAL"):
            characters = [one for one in (*_LIKED, *_listed(kind, value)) if self._takes(node, one)]
            return characters[self._variant % len(characters)] if characters else ""
        return ""


def _listed(kind: str, value: Any) -> List[str]:
    """Characters that a set names, such as those beyond ASCII."""
    if kind != "IN":
        return []
    points = [item for name, item in value if str(name) in ("LITERAL", "RANGE")]
    return [chr(one[0] if isinstance(one, tuple) else one) for one in points]
