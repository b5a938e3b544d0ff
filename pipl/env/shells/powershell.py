"""PowerShell, Windows' own and the newer one."""

from __future__ import annotations

import re

from pipl.env.shells.changes import Changes
from pipl.env.shells.shell import read_by

RESTORE = "_pipl_restore"
_PLAIN = re.compile(r"[ -~]*")
_QUOTE = "'"


class PowerShell:
    """Its statements are ASCII: what arrives does not depend on the console's encoding."""

    name = "powershell"
    suffixes: tuple[str, ...] = (".ps1",)

    def statements(self, changes: Changes) -> str:
        lines = [f"$env:{name} = {quoted(value)}" for name, value in changes.set.items()]
        lines += [
            f"Remove-Item -ErrorAction SilentlyContinue {quoted(f'Env:{name}')}"
            for name in changes.unset
        ]
        lines += [
            f"Set-Item {quoted(f'Function:global:{name}')} "
            f"([ScriptBlock]::Create({quoted(f'{line} @args')}))"
            for name, line in changes.aliases.items()
        ]
        lines += [f". {quoted(script)}" for script in read_by(self, changes)]
        return "".join(f"{line}\n" for line in lines)

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        kept: list[str] = []
        restored = [self.statements(Changes(back.set, back.unset))]
        for number, name in enumerate(back.aliases):
            saved, function = f"global:_pipl_alias_{number}", quoted(f"Function:{name}")
            kept.append(f"${saved} = Get-Content -ErrorAction SilentlyContinue {function}")
            restored += [
                f"Remove-Item -ErrorAction SilentlyContinue {function}",
                f"if (${saved}) {{ Set-Item {quoted(f'Function:global:{name}')} ${saved} }}",
            ]
        return "\n".join(
            [
                *kept,
                f"function global:{RESTORE} {{",
                *restored,
                f"Remove-Item {quoted(f'Function:{RESTORE}')}",
                "}",
                self.statements(changes),
                "if (Test-Path variable:_PYTHON_VENV_PROMPT_PREFIX) { Set-Variable -Force "
                f"-Scope Global _PYTHON_VENV_PROMPT_PREFIX {quoted(prompt)} }}",
                "",
            ]
        )


def quoted(text: str) -> str:
    """An expression between parentheses: texts in single quotes, and characters by number."""
    parts = []
    for run in re.findall(r"[ -~]+|[^ -~]", text):
        if _PLAIN.fullmatch(run):
            parts.append(_QUOTE + run.replace(_QUOTE, _QUOTE * 2) + _QUOTE)
        else:
            units = run.encode("utf-16-le", errors="surrogatepass")
            numbers = [units[at] + 256 * units[at + 1] for at in range(0, len(units), 2)]
            parts += [f"[char]{number}" for number in numbers]
    return "(" + " + ".join([_QUOTE * 2, *parts]) + ")"
