"""csh and tcsh, which have no functions: what to put back is kept in a variable."""

from __future__ import annotations

import base64
from typing import Tuple

SAVED = "_PIPL_SAVED"


class Tcsh:
    name = "tcsh"
    suffixes: Tuple[str, ...] = (".csh", ".tcsh")

    def set(self, name: str, value: str) -> str:
        return f"setenv {name} {_quoted(value)}\n"

    def unset(self, name: str) -> str:
        return f"unsetenv {name}\n"

    def alias(self, name: str, command: str) -> str:
        return f"alias {name} {_quoted(command)}\n"

    def unalias(self, name: str) -> str:
        return f"unalias {name}\n"

    def source(self, path: str) -> str:
        return f"source {_quoted(path)}\n"

    def remember(self, commands: str) -> str:
        content = commands.encode("utf-8", "surrogateescape")
        return f"setenv {SAVED} {base64.b64encode(content).decode('ascii')}\n"


def _quoted(text: str) -> str:
    text = text.replace("'", "'\\''").replace("!", "\\!").replace("\n", "\\\n")
    return f"'{text}'"
