"""What is typed, and started by applications, all day: `pipl work run` and `pipl work env`.

Without click, whose commands call what is here; in their plainest forms they are not even parsed
by it (see `plain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipl.cli import echo
from pipl.cli.here import Here

if TYPE_CHECKING:
    from pipl.workspace.variables import Variables


def run(workspace_path: str | None, command: Sequence[str]) -> int:
    """Run a command in the workspace's environment; its status."""
    from pipl.workspace import running

    here = Here.now()
    return running.replace_by(command, here.workspace(workspace_path), here.environ)


def env(workspace_path: str | None, *, as_json: bool) -> None:
    """Show what the env sets of the workspace's packls set, and which packl says so."""
    from pipl.workspace import variables

    here = Here.now()
    found = variables.of(here.workspace(workspace_path), here.environ)
    if as_json:
        from pipl.cli import render

        render.print_json(found)
    else:
        _show(found)


def _show(found: Variables) -> None:
    lines = []
    for name, value in found.values.items():
        text = f"{name} is not set" if value is None else f"{name}={value}"
        lines.append(f"{text}  ({', '.join(found.packls(name))})")
    for one in found.operations:
        if one.action in ("alias", "source"):
            shown = " ".join(filter(None, [one.action, one.name]))
            lines.append(f"{shown} {one.value}  ({one.source})")
    echo.out("\n".join(lines or ["no packl of the workspace declares variables"]))
    for fault in found.broken:
        echo.err(f"warning: {fault}")
