"""fish."""

from __future__ import annotations

from typing import Tuple


class Fish:
    name = "fish"
    suffixes: Tuple[str, ...] = (".fish",)

    def set(self, name: str, value: str) -> str:
        return f"set -gx {name} {_quoted(value)}\n"

    def unset(self, name: str) -> str:
        return f"set -e {name}\n"

    def alias(self, name: str, command: str) -> str:
        return (
            f"functions -q {name}; and functions -c {name} _pipl_alias_{name}\n"
            f"alias {name} {_quoted(command)}\n"
        )

    def unalias(self, name: str) -> str:
        kept = f"_pipl_alias_{name}"
        return (
            f"functions -e {name}\n"
            f"functions -q {kept}; and functions -c {kept} {name}; and functions -e {kept}\n"
        )

    def source(self, path: str) -> str:
        return f"source {_quoted(path)}\n"

    def remember(self, commands: str) -> str:
        return f"function _pipl_restore\n{commands}end\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
