"""cmd.exe: statements of a batch file in UTF-8 (`chcp 65001`)."""

from __future__ import annotations

import re

from pipl.env.shells.changes import Changes
from pipl.env.shells.shell import read_by

OLD = "_PIPL_OLD_"
"""What the variables are called that hold the values from before."""


class Cmd:
    """A variable of cmd holds one line: further ones, which it cannot set, become spaces."""

    name = "cmd"
    suffixes: tuple[str, ...] = (".bat", ".cmd")

    def statements(self, changes: Changes) -> str:
        lines = [f"set {name}={escaped(value)}" for name, value in changes.set.items()]
        lines += [f"set {name}=" for name in changes.unset]
        lines += [f"doskey {name}={escaped(line)} $*" for name, line in changes.aliases.items()]
        lines += [f"call {escaped(script)}" for script in read_by(self, changes)]
        return "".join(f"@{line}\r\n" for line in lines)

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        """Old values go to variables, of which `restoring` makes statements later."""
        kept = self.statements(Changes({f"{OLD}{name}": one for name, one in back.set.items()}))
        shown = f"@if defined _OLD_VIRTUAL_PROMPT set PROMPT=({prompt}) %_OLD_VIRTUAL_PROMPT%\r\n"
        return kept + self.statements(changes) + shown


def escaped(text: str) -> str:
    """With a caret before what means something outside of quotes, quotes too."""
    line = re.sub(r"[\r\n]+", " ", text)
    return re.sub(r'([&|<>^"()! ;,=])', r"^\1", line).replace("%", "%%")
