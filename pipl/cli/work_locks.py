"""`pipl work diff|history|rollback`: what locks hold, and which the workspace had."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import click

from pipl.cli import moved, render
from pipl.cli.here import Here
from pipl.cli.options import json_option, workspace_option

if TYPE_CHECKING:
    from pipl.env.lock import Lock
    from pipl.workspace.changes import Change


@click.command(epilog="Example: pipl work diff sh010-layout==1.0.0 .")
@click.argument("before")
@click.argument("after", default=".")
@json_option
def diff(before: str, after: str, as_json: bool) -> None:
    """What differs between two locks: files, workspaces, or published tasks (NAME==VERSION)."""
    from pipl.workspace import lock_source, opened
    from pipl.workspace.changes import changes_between

    here = Here.now()

    def of_release(name: str, version: str) -> Lock:
        binding = here.binding()
        with here.client(binding) as client:
            return opened.published_lock(client, binding, name, version)

    old, new = (lock_source.find(text, here.cwd, of_release) for text in (before, after))
    changes = changes_between(old, new)
    if as_json:
        render.print_json({"before": before, "after": after, "changes": changes})
        return
    moved.show_changes(changes)
    if not changes:
        click.echo("Both hold the same.")


@click.command(epilog="Example: pipl work history")
@workspace_option
@json_option
def history(workspace_path: str | None, as_json: bool) -> None:
    """List the locks that the workspace had, newest last."""
    from pipl.workspace import history as kept
    from pipl.workspace.changes import changes_between

    workspace = Here.now().workspace(workspace_path)
    entries = kept.entries(workspace)
    locks = [None, *(entry.lock for entry in entries)]
    moves = [changes_between(a, b) for a, b in itertools.pairwise(locks) if b is not None]
    rows = list(zip(entries, moves, strict=True))
    if as_json:
        listed = [
            {
                "number": one.number,
                "at": one.at,
                "why": one.why,
                "requirements": one.requirements,
                "changes": moved,
            }
            for one, moved in rows
        ]
        render.print_json({"workspace": workspace.folder, "locks": listed})
        return
    render.table(
        ("number", "when", "why", "moved"),
        [
            (
                str(one.number),
                time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.at)),
                one.why,
                summary(moved),
            )
            for one, moved in rows
        ],
        empty="no lock yet; pipl work sync",
    )


@click.command(epilog="Example: pipl work rollback 3")
@click.argument("number", type=click.IntRange(1), required=False)
@workspace_option
@json_option
def rollback(number: int | None, workspace_path: str | None, as_json: bool) -> None:
    """Go back to the lock before, or to NUMBER of `pipl work history`, and sync."""
    from pipl.workspace import updating

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        changed, entry = updating.roll_back(
            workspace, number, here.installer, here.place(workspace), progress=progress
        )
    if not as_json:
        click.echo(f"Back to number {entry.number} ({entry.why})")
    moved.show_change(changed, as_json=as_json)


def summary(changes: tuple[Change, ...], *, at_most: int = 3) -> str:
    """Changes in one short line."""
    shown = [f"{one.name} {one.after or 'removed'}" for one in changes[:at_most]]
    more = len(changes) - at_most
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
