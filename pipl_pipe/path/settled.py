"""Definitions put in order: what always stands, and what depends on what."""

from __future__ import annotations

from typing import AbstractSet, List

from pipl_pipe.path.parts import Part, Parts, Section, Slot, Text, direct_keys, slots
from pipl_pipe.path.text import MAX_NAME


def settled(parts: Parts, known: AbstractSet[str]) -> Parts:
    """Without sections that always stand, as their keys stand outside them too."""
    known = known | {part.key.name for part in parts if isinstance(part, Slot)}
    found: List[Part] = []
    for part in parts:
        if isinstance(part, Section):
            inner = settled(part.parts, known)
            found += inner if direct_keys(part) <= known else (Section(inner),)
        else:
            found.append(part)
    return tuple(found)


def depend(parts: Parts) -> bool:
    """A key of a section stands elsewhere too, so that one place tells of the other."""
    every = [key.name for key, _ in slots(parts)]
    return any(optional and every.count(key.name) > 1 for key, optional in slots(parts))


def joined(parts: Parts) -> Parts:
    """Neighbouring texts as one; no empty ones."""
    found: List[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Section):
            found.append(Section(joined(part.parts)))
        elif isinstance(part, Text) and not part.text:
            continue
        elif isinstance(part, Text) and isinstance(last, Text) and last.folded == part.folded:
            found[-1] = Text(last.text + part.text, part.folded)
        else:
            found.append(part)
    return tuple(found)


def text_problem(parts: Parts) -> str:
    """What no notation can mean; empty if there is nothing of the kind."""
    for part in parts:
        if isinstance(part, Text) and "\0" in part.text:
            return "it holds a NUL"
        if isinstance(part, Text) and 4 * len(part.text) > MAX_NAME:
            longest = max(len(one.encode("utf-8", "surrogatepass")) for one in part.text.split("/"))
            if longest > MAX_NAME:
                return f"one name has {longest} bytes of fixed text, more than {MAX_NAME}"
        if isinstance(part, Section):
            if not direct_keys(part):
                return "a section without a key of its own would never be decided"
            problem = text_problem(part.parts)
            if problem:
                return problem
    return ""
