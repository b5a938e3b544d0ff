"""What a template is made of, whatever notation it was written in.

A definition is a tuple of parts. A path's separators are `/` in texts; the engine splits there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import (
    Any,
    Dict,
    FrozenSet,
    Iterator,
    Optional,
    Protocol,
    Tuple,
    Union,
    runtime_checkable,
)

from pipl_pipe.path.characters import Characters

Fields = Dict[str, Any]
"""Key name to value, in the template's order."""


@dataclass(frozen=True)
class Run:
    """Texts of `shortest` to `longest` characters (None: any number) of one set."""

    characters: Characters
    shortest: int = 1
    longest: Optional[int] = None
    first: Optional[Characters] = None
    """Those of the set that the first character is one of; None: any."""


Shape = Tuple[Union[Run, str], ...]
"""The texts that a key's values can have: runs, or texts given one by one (case counts)."""


@runtime_checkable
class Key(Protocol):
    """The values that a slot takes. Implement it for a kind of value that no key class has.

    `read(write(value)) == value` for every value that `write` takes. It may have a method
    `samples` that yields texts it may take, for `example`, where the shape shows none.
    """

    @property
    def name(self) -> str:
        """The name of its field."""

    @property
    def shape(self) -> Shape:
        """At least every text that `read` takes, and none with a separator or NUL."""

    @property
    def is_exact(self) -> bool:
        """`read` takes every text of the shape, but `.` and `..`, so that trying it is needless."""

    def read(self, text: str) -> Any:
        """The value that a text stands for. Raises InvalidValue."""

    def write(self, value: Any) -> str:
        """The text of a value. Raises InvalidValue."""

    def has_default(self) -> bool:
        """There is a value to write where none is given."""

    @property
    def default(self) -> Any:
        """That value, made at this moment; None where there is none."""


@dataclass(frozen=True)
class Text:
    """Fixed text, which may hold separators. Where `folded`, case does not count on reading."""

    text: str
    folded: bool = False


@dataclass(frozen=True)
class Slot:
    """Where a key's value stands. The same key may stand in several; they then agree."""

    key: Key


@dataclass(frozen=True)
class Section:
    """Parts that are written if a value is given for each key directly in it, else left out.

    It holds at least one slot directly; sections may be nested.
    """

    parts: Tuple[Part, ...]


Part = Union[Text, Slot, Section]
Parts = Tuple[Part, ...]


def slots(parts: Parts, *, optional: bool = False) -> Iterator[Tuple[Key, bool]]:
    """Every slot's key in order, and whether it stands in a section."""
    for part in parts:
        if isinstance(part, Slot):
            yield part.key, optional
        elif isinstance(part, Section):
            yield from slots(part.parts, optional=True)


def direct_keys(section: Section) -> FrozenSet[str]:
    """The names of the keys that decide whether a section stands."""
    return frozenset(part.key.name for part in section.parts if isinstance(part, Slot))


def keys_of(parts: Parts) -> Dict[str, Key]:
    """Name to key, in order of first appearance."""
    found: Dict[str, Key] = {}
    for key, _ in slots(parts):
        found.setdefault(key.name, key)
    return found
