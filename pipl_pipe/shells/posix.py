"""bash, zsh, and other shells of their kind."""

from __future__ import annotations

import shlex
from typing import Tuple

RESTORE = "_pipl_restore"


class Posix:
    name = "bash"
    suffixes: Tuple[str, ...] = (".sh", ".bash")

    def set(self, name: str, value: str) -> str:
        return f"export {name}={shlex.quote(value)}\n"

    def unset(self, name: str) -> str:
        return f"unset {name}\n"

    def alias(self, name: str, command: str) -> str:
        kept = _kept(name)
        return (
            f"{kept}=$(alias {name} 2>/dev/null) || {kept}=\nalias {name}={shlex.quote(command)}\n"
        )

    def unalias(self, name: str) -> str:
        kept = _kept(name)
        return (
            f"unalias {name} 2>/dev/null || :\n"
            f'if [ -n "${kept}" ]; then eval "alias ${{{kept}#alias }}"; fi\n'
            f"unset {kept}\n"
        )

    def source(self, path: str) -> str:
        return f". {shlex.quote(path)}\n"

    def remember(self, commands: str) -> str:
        return f"{RESTORE} () {{\n{commands}:\n}}\n"


class Zsh(Posix):
    name = "zsh"
    suffixes = (".sh", ".zsh")


def _kept(alias: str) -> str:
    """A variable for what an alias was."""
    return "_pipl_alias_" + "".join(one if one.isalnum() else f"_{ord(one)}_" for one in alias)
