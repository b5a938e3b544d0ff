"""What a shell is for pipl."""

from __future__ import annotations

from typing import Protocol, Tuple


class Unsayable(Exception):
    """A value that the shell has no way to write down."""


class Shell(Protocol):
    """Writes commands of one kind of shell. Names have been checked; values may be anything.

    Every method returns whole lines. `set`, `unset` and `alias` raise Unsayable.
    """

    name: str
    suffixes: Tuple[str, ...]
    """Of the scripts that it can run."""

    def set(self, name: str, value: str) -> str: ...

    def unset(self, name: str) -> str: ...

    def alias(self, name: str, command: str) -> str: ...

    def unalias(self, name: str) -> str:
        """The alias goes, and one that the user had before `alias` is there again."""
        ...

    def source(self, path: str) -> str: ...

    def remember(self, commands: str) -> str:
        """Keep commands for `deactivate`, which runs them before virtualenv's own."""
        ...
