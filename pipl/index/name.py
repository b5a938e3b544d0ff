"""The name of an index."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipl.errors.usage import InvalidIndexName

# What devpi takes for users and indexes (devpi_server.model.is_valid_name: of ASCII only letters,
# digits and -.@_), less what would mean something else in a path.
_PART = re.compile(r"(?!\.+$)[^\x00-,/:-?\[-^`{-\x7f]+")


def is_valid_part(text: str) -> bool:
    """Whether `text` can be the user, or the index, of an index name."""
    return _PART.fullmatch(text) is not None


@dataclass(frozen=True, order=True)
class IndexName:
    """`user/name` of a devpi index, such as `root/testing`.

    Raises InvalidIndexName where a part could not stand in a path.
    """

    user: str
    name: str

    def __post_init__(self) -> None:
        if not (is_valid_part(self.user) and is_valid_part(self.name)):
            raise InvalidIndexName(str(self))

    @classmethod
    def parse(cls, text: str) -> IndexName:
        """Raises InvalidIndexName."""
        user, separator, name = text.partition("/")
        if not separator:
            raise InvalidIndexName(text)
        return cls(user, name)

    def __str__(self) -> str:
        return f"{self.user}/{self.name}"
