"""fish."""

from __future__ import annotations

from pipl.env.shells.changes import Changes
from pipl.env.shells.shell import read_by

RESTORE = "_pipl_restore"


class Fish:
    name = "fish"
    suffixes: tuple[str, ...] = (".fish",)

    def statements(self, changes: Changes) -> str:
        lines = [f"set -gx {name} {quoted(value)}" for name, value in changes.set.items()]
        lines += [f"set -e {name}" for name in changes.unset]
        lines += [f"alias {name} {quoted(line)}" for name, line in changes.aliases.items()]
        lines += [f"source {quoted(script)}" for script in read_by(self, changes)]
        return "".join(f"{line}\n" for line in lines)

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        kept = []
        restored = [f"set -eg {name}" for name in (*back.unset, *back.set)]
        # a universal variable is there again once the global one is gone
        restored += [
            f'test "${name}" = {quoted(value)}; and set -qx {name}; '
            f"or set -gx {name} {quoted(value)}"
            for name, value in back.set.items()
        ]
        for name in back.aliases:
            saved = f"_pipl_alias_{name}"
            kept += [
                f"functions -q {saved}; and functions -e {saved}",
                f"functions -q {name}; and functions -c {name} {saved}",
            ]
            restored += [
                f"functions -e {name}",
                f"if functions -q {saved}",
                f"functions -c {saved} {name}",
                f"functions -e {saved}",
                "end",
            ]
        function = [f"function {RESTORE}", *restored, f"functions -e {RESTORE}", "end"]
        # its prompt shows VIRTUAL_ENV_PROMPT, which is among the changes
        return "\n".join([*kept, *function, self.statements(changes)])


def quoted(text: str) -> str:
    """Between single quotes, in which only they themselves and backslashes mean something."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
