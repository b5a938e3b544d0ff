"""Templates some of whose keys are not looked at."""

from __future__ import annotations

from typing import AbstractSet, Any, Iterator

from pipl_pipe.path.characters import ANYTHING
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.parts import Parts, Run, Section, Shape, Slot


class Anything:
    """A key that takes every text; each of its places is a field of its own."""

    is_exact = True
    default = None

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def shape(self) -> Shape:
        return (Run(ANYTHING),)

    def read(self, text: str) -> Any:
        return text

    def write(self, value: Any) -> str:
        return str(value)

    def has_default(self) -> bool:
        return False


def without(compiled: Compiled, skipped: AbstractSet[str]) -> Compiled:
    """The template with a key for anything wherever a skipped one stands; not for writing."""
    count = iter(range(1_000_000))

    def walk(parts: Parts) -> Iterator[Any]:
        for part in parts:
            if isinstance(part, Section):
                yield Section(tuple(walk(part.parts)))
            elif isinstance(part, Slot) and part.key.name in skipped:
                yield Slot(Anything(f"{part.key.name}\0{next(count)}"))
            else:
                yield part

    return Compiled(compiled.name, tuple(walk(compiled.parts)), compiled.prefixes)
