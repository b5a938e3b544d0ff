"""What a conversion gives, and how its YAML is written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Tuple

_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_]\w*", re.A | re.I)
"""Texts that YAML reads as such without quotes."""


@dataclass(frozen=True)
class Converted:
    """`text` is the file. `left_out` says which templates the other notation cannot express and
    why; `changed` what means more or less than it did."""

    text: str
    left_out: Tuple[str, ...]
    changed: Tuple[str, ...]


def text_of(sections: Mapping[str, Any], *, comments: Tuple[str, ...] = ()) -> str:
    """Nested mappings and lists of scalars as YAML, every text quoted; empty sections left out."""
    lines = [f"# {line}" for comment in comments for line in comment.splitlines()]
    for name, value in sections.items():
        if value not in ({}, [], (), ""):
            lines += _lines(name, value, "")
    return "\n".join(lines) + "\n"


def _lines(name: str, value: Any, indent: str) -> Iterator[str]:
    key = name if _PLAIN.fullmatch(name) else _quoted(name)
    if isinstance(value, Mapping):
        yield f"{indent}{key}:" if value else f"{indent}{key}: {{}}"
        for inner, one in value.items():
            yield from _lines(inner, one, f"{indent}  ")
    elif isinstance(value, (list, tuple)):
        yield f"{indent}{key}:"
        for one in value:
            yield f"{indent}  - {_quoted(one)}"
    else:
        is_plain = isinstance(value, str) and _PLAIN.fullmatch(value)
        yield f"{indent}{key}: {value if is_plain else _quoted(value)}"


def _quoted(value: Any) -> str:
    """A scalar as YAML reads it: JSON's quotes and escapes are a part of YAML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
