"""Regular expressions of templates. Every repetition in them has a bound."""

from __future__ import annotations

import re
from typing import Callable

from pipl_pipe.path.parts import Parts, Run, Section, Shape, Slot
from pipl_pipe.path.text import MAX_NAME, folded

ForSlot = Callable[[Slot], str]
"""The expression of a slot, with its group."""


def of_parts(parts: Parts, for_slot: ForSlot) -> str:
    """The expression of parts, in order."""
    pieces = []
    for part in parts:
        if isinstance(part, Section):
            pieces.append(f"(?:{of_parts(part.parts, for_slot)})?")
        elif isinstance(part, Slot):
            pieces.append(for_slot(part))
        else:
            pieces.append(of_text(part.text, ignore_case=part.folded))
    return "".join(pieces)


def of_shape(shape: Shape) -> str:
    """The expression of a key's texts, without a group of its own where it needs none."""
    found = [
        _of_run(one) if isinstance(one, Run) else of_text(one, ignore_case=False) for one in shape
    ]
    if len(found) == 1 and isinstance(shape[0], Run):
        return found[0]
    return f"(?:{'|'.join(found)})"


def of_text(text: str, *, ignore_case: bool) -> str:
    """The expression of a fixed text; ignoring case goes by `text.folded`."""
    if not ignore_case:
        return re.escape(text)
    if text.isascii():
        return "".join(
            f"(?ai:{piece})" if piece.isalpha() else re.escape(piece)
            for piece in re.findall(r"[A-Za-z]+|[^A-Za-z]+", text)
        )
    return "".join(_any_case(one) for one in text)


def _of_run(run: Run) -> str:
    if run.first is not None:
        more = None if run.longest is None else run.longest - 1
        rest = Run(run.characters, run.shortest - 1, MAX_NAME - 1 if more is None else more)
        return run.first.expression + (_of_run(rest) if rest.longest else "")
    longest = MAX_NAME if run.longest is None else run.longest
    times = f"{{{run.shortest}}}" if run.shortest == longest else f"{{{run.shortest},{longest}}}"
    return f"{run.characters.expression}{'' if times == '{1}' else times}"


def _any_case(character: str) -> str:
    cases = {character, character.lower(), character.upper()}
    same = sorted(c for c in cases if len(c) == 1 and folded(c) == folded(character))
    return re.escape(character) if len(same) == 1 else f"[{''.join(map(re.escape, same))}]"
