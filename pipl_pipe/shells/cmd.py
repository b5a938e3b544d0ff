"""The command prompt of Windows."""

from __future__ import annotations

from typing import Tuple

from pipl_pipe.shells.shell import Unsayable

_SPECIAL = "&|<>^()"


class Cmd:
    name = "cmd"
    suffixes: Tuple[str, ...] = (".bat", ".cmd")

    def set(self, name: str, value: str) -> str:
        return f'@set "{name}={_escaped(value, name)}"\n'

    def unset(self, name: str) -> str:
        return f"@set {name}=\n"

    def alias(self, name: str, command: str) -> str:
        return f"@doskey {name}={_one_line(command, name).replace('%', '%%')} $*\n"

    def unalias(self, name: str) -> str:
        return f"@doskey {name}=\n"

    def source(self, path: str) -> str:
        return f'@call "{_escaped(path, path)}"\n'

    def remember(self, commands: str) -> str:
        """In a file beside the script that this is a part of, for `deactivate.bat` to run."""
        lines = []
        for line in commands.splitlines():
            inner = "".join(f"^{one}" if one in _SPECIAL else one for one in line)
            lines.append(f'@>>"%_PIPL_RESTORE%" echo {inner.replace("%", "%%")}\n')
        return '@set "_PIPL_RESTORE=%~dpn0.restore.bat"\n' + "".join(lines)


def _escaped(text: str, name: str) -> str:
    """For between two quotation marks; those inside end the quoting that hides special signs."""
    escaped, is_quoted = [], True
    for one in _one_line(text, name).replace("%", "%%"):
        if one == '"':
            is_quoted = not is_quoted
        escaped.append(f"^{one}" if not is_quoted and one in _SPECIAL else one)
    return "".join(escaped)


def _one_line(text: str, name: str) -> str:
    if "\n" in text or "\r" in text:
        raise Unsayable(f"{name} has several lines, which cmd cannot set")
    return text
