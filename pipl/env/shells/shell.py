"""What every shell can do with changes."""

from __future__ import annotations

from typing import Protocol

from pipl.env.shells.changes import Changes


class Shell(Protocol):
    """Writes statements of one shell. Each value arrives there as it is, whatever is in it."""

    name: str
    suffixes: tuple[str, ...]
    """Of the scripts that it reads."""

    def statements(self, changes: Changes) -> str:
        """What makes the changes."""
        ...

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        """The same, after noting how `deactivate` takes it back.

        `prompt` is what shows the workspace: letters, digits and a few signs. Shells show it
        as virtualenv's activation does, unless VIRTUAL_ENV_DISABLE_PROMPT is set.
        """
        ...


def read_by(shell: Shell, changes: Changes) -> tuple[str, ...]:
    """The scripts that are in the shell's language."""
    return tuple(one for one in changes.scripts if one.lower().endswith(shell.suffixes))
