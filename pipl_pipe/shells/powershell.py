"""PowerShell, on every system."""

from __future__ import annotations

import re
from typing import Tuple

_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
"""All of these end a text for PowerShell."""


class PowerShell:
    name = "powershell"
    suffixes: Tuple[str, ...] = (".ps1",)

    def set(self, name: str, value: str) -> str:
        if not value:  # PowerShell takes an empty value for none at all
            return f"[Environment]::SetEnvironmentVariable('{name}', '')\n"
        return f"${{Env:{name}}} = {_quoted(value)}\n"

    def unset(self, name: str) -> str:
        return f"Remove-Item -LiteralPath 'Env:{name}' -ErrorAction SilentlyContinue\n"

    def alias(self, name: str, command: str) -> str:
        return f"function global:{name} {{ {command} @args }}\n"

    def unalias(self, name: str) -> str:
        return f"Remove-Item -LiteralPath 'Function:{name}' -ErrorAction SilentlyContinue\n"

    def source(self, path: str) -> str:
        return f". {_quoted(path)}\n"

    def remember(self, commands: str) -> str:
        return f"function global:_pipl_restore {{\n{commands}}}\n"


def _quoted(text: str) -> str:
    doubled = _QUOTES.sub(r"\1\1", text)
    return f"'{doubled}'"
