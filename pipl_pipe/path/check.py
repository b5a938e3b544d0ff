"""What may go wrong with the templates of a catalog, before a path meets it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Dict, List, Sequence, Tuple

from pipl_pipe.errors import UndecidedPath
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.example import example
from pipl_pipe.path.overlap import ambiguity, overlap

VARIANTS = 4
"""How many examples of a template are tried on the others."""


@dataclass(frozen=True)
class Candidate:
    """A template to check, and what it is written as."""

    name: str
    definition: str
    compiled: Compiled


@dataclass(frozen=True)
class Overlap:
    """Another template that can have made the same `text`. Not `certain` where the keys' types
    are too special to tell whether they take the text; empty where there was too much to try."""

    other: str
    text: str
    certain: bool


@dataclass(frozen=True)
class Finding:
    """What is known of one template.

    `example` is a path of it, empty where none was found: a key then takes no value.
    `is_reachable` is off where no example is the template's own, since others take each.
    `ambiguous` is a text that it can have made in two ways, `perhaps_ambiguous` one of which
    that is not certain; each is empty where there is none.
    """

    name: str
    definition: str
    example: str
    is_reachable: bool
    ambiguous: str
    perhaps_ambiguous: str
    overlaps: Tuple[Overlap, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing certain is wrong with it."""
        meets = any(one.certain for one in self.overlaps)
        return self.is_reachable and not meets and not self.ambiguous


def check(candidates: Sequence[Candidate]) -> List[Finding]:
    """One finding for each, in their order."""
    overlaps: Dict[str, List[Overlap]] = {one.name: [] for one in candidates}
    for first, second in combinations(candidates, 2):
        text = overlap(first.compiled, second.compiled)
        if text is None:
            continue
        certain = bool(text) and _fits(first.compiled, text) and _fits(second.compiled, text)
        overlaps[first.name].append(Overlap(second.name, text, certain))
        overlaps[second.name].append(Overlap(first.name, text, certain))
    return [_finding(one, overlaps[one.name], candidates) for one in candidates]


def _finding(
    checked: Candidate, overlaps: List[Overlap], candidates: Sequence[Candidate]
) -> Finding:
    examples = list(
        dict.fromkeys(filter(None, (example(checked.compiled, one) for one in range(VARIANTS))))
    )
    named = {one.other for one in overlaps}
    others = [one.compiled for one in candidates if one.name in named]
    text = ambiguity(checked.compiled) or ""
    is_certain = bool(text) and _ways(checked.compiled, text) > 1
    return Finding(
        name=checked.name,
        definition=checked.definition,
        example=examples[0] if examples else "",
        is_reachable=any(not any(_fits(one, text) for one in others) for text in examples),
        ambiguous=text if is_certain else "",
        perhaps_ambiguous="" if is_certain else text,
        overlaps=tuple(overlaps),
    )


def _fits(compiled: Compiled, text: str) -> bool:
    return _ways(compiled, text) > 0


def _ways(compiled: Compiled, text: str) -> int:
    """How many readings a text has, two at most; none where that cannot be decided."""
    try:
        return len(compiled.readings(text))
    except UndecidedPath:
        return 0
