"""A template, compiled once: reads fields from texts and writes texts from fields."""

from __future__ import annotations

from typing import Any, FrozenSet, List, Mapping, Optional, Tuple

from pipl_pipe.path.parts import Fields, Key, Parts


class Compiled:
    """What a notation's front end makes of a definition: `Compiled("maya_work", parts)`.

    Texts have `/` between their components (see `text.normal`). Where `prefixes` are given, a
    text read starts with one of them, in any case (`/mnt/show/`, `p:/`); they are not written.
    Reading takes linear time in the text whatever it holds, and compiling in the parts.
    """

    name: str
    parts: Parts
    keys: Mapping[str, Key]
    """By name, in order of first appearance."""
    optional: FrozenSet[str]
    """The names of keys that stand in sections only."""

    def __init__(self, name: str, parts: Parts, prefixes: Tuple[str, ...] = ()) -> None:
        """Raises InvalidTemplate."""

    def read(self, text: str) -> Fields:
        """The fields from which `write` would make this text.

        Raises PathMismatch (`.column`, 0-based, is where it stopped fitting), AmbiguousPath with
        two readings, PathTooLong.
        """

    def read_or_none(self, text: str) -> Optional[Fields]:
        """Like `read`, with None for what does not fit or is too long. Raises AmbiguousPath."""

    def readings(
        self, text: str, given: Optional[Mapping[str, Any]] = None, limit: int = 2
    ) -> List[Fields]:
        """Every way to read the text, at most `limit`, in which the values `given` are found."""

    def fits(self, text: str) -> bool:
        """There is a reading, or several."""

    def missing(self, fields: Mapping[str, Any], *, skip_defaults: bool = False) -> List[str]:
        """Keys needed that are not given, or given as None, in the template's order."""

    def write(self, fields: Mapping[str, Any]) -> str:
        """The text of these fields; others may be there too. Defaults stand in for needed ones.

        Raises MissingFields, InvalidValue, PathTooLong.
        """
