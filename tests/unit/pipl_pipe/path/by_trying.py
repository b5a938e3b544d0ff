"""How templates are read by trying everything: slow, and plain to see that it is right."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from pipl_pipe.errors import InvalidValue
from pipl_pipe.path.parts import Parts, Section, Slot, Text, direct_keys
from pipl_pipe.path.text import folded

Way = Dict[str, Tuple[str, Any]]


def readings(parts: Parts, text: str) -> List[Dict[str, Any]]:
    """Every different reading of a text."""
    found: List[Dict[str, Any]] = []
    for way, left_out in _ways(list(parts), text, {}, []):
        if any(direct_keys(section) <= way.keys() for section in left_out):
            continue  # it would have been written
        fields = {name: value for name, (_, value) in way.items()}
        if fields not in found:
            found.append(fields)
    return found


def _ways(
    parts: List[Any], text: str, bound: Way, left_out: List[Section]
) -> Iterator[Tuple[Way, List[Section]]]:
    if not parts:
        if not text:
            yield bound, left_out
        return
    part, rest = parts[0], parts[1:]
    if isinstance(part, Text):
        start = text[: len(part.text)]
        same = folded(start) == folded(part.text) if part.folded else start == part.text
        if same:
            yield from _ways(rest, text[len(part.text) :], bound, left_out)
    elif isinstance(part, Slot):
        for end in range(1, len(text) + 1):
            try:
                value = part.key.read(text[:end])
            except InvalidValue:
                continue
            known = bound.get(part.key.name)
            if known is None or known[0] == text[:end]:
                more = {**bound, part.key.name: (text[:end], value)}
                yield from _ways(rest, text[end:], more, left_out)
    else:
        yield from _ways([*part.parts, *rest], text, bound, left_out)
        yield from _ways(rest, text, bound, [*left_out, part])
