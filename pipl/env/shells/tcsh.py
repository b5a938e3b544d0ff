"""tcsh, and csh as far as it goes."""

from __future__ import annotations

from pipl.env.shells.changes import Changes
from pipl.env.shells.shell import read_by

RESTORE = "_pipl_restore"


class Tcsh:
    name = "tcsh"
    suffixes: tuple[str, ...] = (".csh", ".tcsh")

    def statements(self, changes: Changes) -> str:
        lines = [f"setenv {name} {quoted(value)}" for name, value in changes.set.items()]
        lines += [f"unsetenv {name}" for name in changes.unset]
        lines += [f"alias {name} {quoted(line)}" for name, line in changes.aliases.items()]
        lines += [f"source {quoted(script)}" for script in read_by(self, changes)]
        return "".join(f"{line}\n" for line in lines)

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        """An alias takes it back, of one line: values are kept in variables of the shell."""
        kept = [f"set _pipl_old_{name} = {quoted(value)}" for name, value in back.set.items()]
        restored = [
            f"setenv {name} $_pipl_old_{name}:q; unset _pipl_old_{name}" for name in back.set
        ]
        restored += [f"unsetenv {name}" for name in back.unset]
        for number, name in enumerate(back.aliases):
            saved = f"_pipl_alias_{number}"
            kept.append(f'set {saved} = "`alias {name}`"')
            # an empty alias is none
            restored.append(f"unalias {name}; alias {name} ${saved}:q; unset {saved}")
            restored.append(f'eval \'if ("`alias {name}`" == "") unalias {name}\'')
        line = "; ".join([*restored, f"unalias {RESTORE}"])
        shown = f'set prompt = {quoted(f"({prompt}) ")}"$_OLD_VIRTUAL_PROMPT:q"'
        return "\n".join(
            [
                *kept,
                f"alias {RESTORE} {quoted(line)}",
                self.statements(changes),
                f"if ($?_OLD_VIRTUAL_PROMPT) {shown}",
                "",
            ]
        )


def quoted(text: str) -> str:
    """Between single quotes, in which quotes, exclamation marks and new lines need a backslash."""
    escaped = text.replace("'", "'\\''").replace("!", "\\!").replace("\n", "\\\n")
    return f"'{escaped}'"
