"""What facts may be: a few short names with scalars or short lists, fit for a wheel's metadata."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Dict, List, Mapping, Tuple, Union

Scalar = Union[str, int, float, bool, None]
Fact = Union[Scalar, List[Scalar]]
Facts = Mapping[str, Fact]

MAX_KEYS = 64
MAX_BYTES = 4_000
MAX_INTEGER = 1 << 53
"""What every reader of JSON holds exactly."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Not for a terminal: escapes, line ends, changes of direction; and halves of characters."""


def problems_of(facts: Any) -> List[str]:
    """Why something cannot be the facts of an asset; empty if it can."""
    if type(facts) is not dict:
        return ["its facts are not a table"]
    if len(facts) > MAX_KEYS:
        return [f"it has more than {MAX_KEYS} facts"]
    problems = [problem for name, fact in facts.items() for problem in problems_of_one(name, fact)]
    if not problems and _size(facts) > MAX_BYTES:
        return [f"its facts take more than {MAX_BYTES} bytes"]
    return problems[:10]


def problems_of_one(name: Any, fact: Any) -> List[str]:
    """What is wrong with a fact or its name; empty if nothing is."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return [f"the fact {str(name)[:64]!r} must be named by lower-case letters, digits and _"]
    members = fact if type(fact) is list else [fact]
    if len(members) > MAX_BYTES:
        return [f"the fact {name} is too long a list"]
    found = sorted({problem for member in members for problem in [_problem(member)] if problem})
    return [f"the fact {name} {problem}" for problem in found]


def bounded(facts: Any) -> Tuple[Dict[str, Fact], Tuple[str, ...]]:
    """What of the facts may be recorded, by name; and a note for each that may not.

    Where they are too many, the first ones in the order given stay.
    """
    if not isinstance(facts, Mapping):
        return {}, ("facts must be a mapping",)
    kept: Dict[str, Fact] = {}
    notes: List[str] = []
    for name, given in facts.items():
        fact = list(given) if isinstance(given, tuple) else given
        found = problems_of_one(name, fact)
        if not found and (len(kept) == MAX_KEYS or _size({**kept, name: fact}) > MAX_BYTES):
            found = [f"the fact {name} is left out: there are {MAX_BYTES} bytes for all"]
        notes += found
        if not found:
            kept[name] = fact
    return dict(sorted(kept.items())), tuple(notes[:10])


def plain(text: str, *, length: int = 200) -> str:
    """A text from a file, made fit for a fact: no control characters, cut to a length."""
    shown = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[: length + 1])
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def _size(facts: Mapping[str, Any]) -> int:
    return len(json.dumps(facts).encode("utf-8"))


def _problem(scalar: Any) -> str:
    if scalar is None or type(scalar) is bool:
        return ""
    if type(scalar) is str:
        if len(scalar) > MAX_BYTES:
            return f"is longer than {MAX_BYTES} characters"
        return "holds control characters" if _CONTROL.search(scalar) else ""
    if type(scalar) is int:
        return "" if abs(scalar) <= MAX_INTEGER else "is too large a number"
    if type(scalar) is float:
        return "" if math.isfinite(scalar) else "is not a number"
    return "is no text, number or truth value, nor a list of such"
