"""What moved from one lock to another, as people and machines see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipl.cli import echo, render

if TYPE_CHECKING:
    from pipl.workspace.changes import Change
    from pipl.workspace.locking import LockChange
    from pipl.workspace.syncing import Synced


def show_change(changed: LockChange | Synced, *, as_json: bool) -> None:
    """Say what a lock moved, and which of the packls are broken."""
    if as_json:
        render.print_json(
            {
                "workspace": changed.workspace.folder,
                "packages": changed.packages,
                "changes": changed.changes,
                "broken": changed.broken,
            }
        )
        return
    show_changes(changed.changes)
    echo.out(f"{changed.workspace.name} holds {changed.packages} packages")
    for fault in changed.broken:
        echo.err(f"warning: {fault}")


def show_changes(changes: tuple[Change, ...]) -> None:
    """One line each: what came, what went, what moved, and why where that is known."""
    for change in changes:
        why = f"  ({change.why})" if change.why else ""
        if change.before is None:
            echo.out(f" + {change.name} {change.after or ''}".rstrip() + why)
        elif change.after is None:
            echo.out(f" - {change.name} {change.before}{why}")
        else:
            echo.out(f"   {change.name} {change.before} -> {change.after}{why}")
