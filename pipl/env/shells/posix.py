"""bash, zsh and plain sh, such as dash."""

from __future__ import annotations

from pipl.env.shells.changes import Changes
from pipl.env.shells.shell import read_by

RESTORE = "_pipl_restore"


class Sh:
    """What POSIX has; the other shells of the family differ in nothing that is needed."""

    name = "sh"
    suffixes: tuple[str, ...] = (".sh",)

    def statements(self, changes: Changes) -> str:
        lines = [f"export {name}={quoted(value)}" for name, value in changes.set.items()]
        lines += [f"unset {name}" for name in changes.unset]
        lines += [f"alias {name}={quoted(line)}" for name, line in changes.aliases.items()]
        lines += [f". {quoted(script)}" for script in read_by(self, changes)]
        return "".join(f"{line}\n" for line in lines)

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        kept, restored = [], [f"unset {name}" for name in back.unset]
        for name in back.unset:  # a variable of the shell that is not exported
            own = f"_pipl_own_{name}"
            kept.append(f'if [ -n "${{{name}+x}}" ]; then {own}="${name}"; fi')
            restored.append(f'if [ -n "${{{own}+x}}" ]; then {name}="${own}"; unset {own}; fi')
        restored += [f"export {name}={quoted(value)}" for name, value in back.set.items()]
        for number, name in enumerate(back.aliases):
            saved = f"_pipl_alias_{number}"
            kept.append(f'{saved}="$(alias {name} 2>/dev/null || :)"')
            restored.append(
                f'if [ -n "${saved}" ]; then eval "alias ${{{saved}#alias }}"; '
                f"else unalias {name} 2>/dev/null || :; fi; unset {saved}"
            )
        return "\n".join(
            [
                *kept,
                f"{RESTORE} () {{",
                *restored,
                f"unset -f {RESTORE}",
                "}",
                self.statements(changes),
                *self._prompt(prompt),
            ]
        )

    def _prompt(self, prompt: str) -> list[str]:
        shown = f'PS1={quoted(f"({prompt}) ")}"${{_OLD_VIRTUAL_PS1-}}"'
        return [f'if [ -n "${{_OLD_VIRTUAL_PS1+x}}" ]; then {shown}; fi', ""]


class Bash(Sh):
    name = "bash"
    suffixes: tuple[str, ...] = (".sh", ".bash")


class Zsh(Sh):
    name = "zsh"
    suffixes: tuple[str, ...] = (".sh", ".zsh")


def quoted(text: str) -> str:
    """Between single quotes, in which only they themselves mean something."""
    return "'" + text.replace("'", "'\\''") + "'"
