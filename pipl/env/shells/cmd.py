"""cmd.exe: statements of a batch file in UTF-8 (`chcp 65001`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipl.env.shells.changes import Changes
from pipl.env.shells.shell import read_by

OLD = "_PIPL_OLD_"
"""What the variables are called that hold the values from before."""
NEW = "_PIPL_NEW"
"""Which variable holds the names that had no value before, with spaces between."""


class Cmd:
    """A variable of cmd holds one line: further ones, which it cannot set, become spaces.

    Where its user has delayed expansion on (`cmd /v:on`), each `!` of a value is lost.
    """

    name = "cmd"
    suffixes: tuple[str, ...] = (".bat", ".cmd")

    def statements(self, changes: Changes) -> str:
        lines = [f"set {name}={escaped(value)}" for name, value in changes.set.items()]
        lines += [f"set {name}=" for name in changes.unset]
        lines += [f"doskey {name}={escaped(line)} $*" for name, line in changes.aliases.items()]
        lines += [f"call {escaped(script)}" for script in read_by(self, changes)]
        return "".join(f"@{line}\r\n" for line in lines)

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        """What was before goes to variables, of which `undoing` makes changes later."""
        before = {f"{OLD}{name}": value for name, value in back.set.items()}
        kept = self.statements(Changes({**before, NEW: " ".join(back.unset)}))
        shown = f"@if defined _OLD_VIRTUAL_PROMPT set PROMPT=({prompt}) %_OLD_VIRTUAL_PROMPT%\r\n"
        return kept + self.statements(changes) + shown


def undoing(environ: Mapping[str, str]) -> Changes:
    """What takes an activation back, from the variables that it left."""
    old = {name[len(OLD) :]: one for name, one in environ.items() if name.startswith(OLD)}
    kept = (NEW, *(f"{OLD}{name}" for name in old))
    return Changes(old, (*environ.get(NEW, "").split(), *kept))


def escaped(text: str) -> str:
    """With a caret before what means something outside of quotes, quotes too."""
    line = re.sub(r"[\r\n\x1a]+", " ", text)  # Ctrl-Z ends a batch file
    return re.sub(r'([&|<>^"()! ;,=])', r"^\1", line).replace("%", "%%")
