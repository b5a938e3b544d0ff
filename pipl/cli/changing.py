"""What makes workspaces and changes what they hold: `pipl work create|add|lock|sync`.

Without click, as `everyday`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipl.cli import echo, moved, render
from pipl.cli.here import Here

if TYPE_CHECKING:
    from pipl.workspace.folder import Workspace


def create(
    name: str,
    workarea_path: str = ".",
    *,
    python: str | None = None,
    packls: tuple[str, ...] = (),
    like: str | None = None,
    as_of: str | None = None,
    as_json: bool = False,
) -> None:
    """Create a workspace in the workarea: empty, with packls, or with what another one holds."""
    from pipl.workspace import create as creation

    here = Here.now()
    workarea = here.workarea(workarea_path)
    model = here.workspace(like) if like else None
    with render.progress(quiet=as_json) as progress:

        def fill(made: Workspace) -> Workspace:
            from pipl.workspace import locking

            made = made if model is None else locking.take_over(made, model)
            place = here.place(made)
            if packls:
                added = locking.add(
                    made, packls, here.installer, place, as_of=as_of, progress=progress
                )
                return added.workspace
            locking.sync(made, here.installer, place, progress=progress)
            return made

        made = creation.create(
            workarea,
            name,
            here.environ,
            python=python,
            fill=fill if packls or model else None,
            progress=progress,
        )
    if as_json:
        render.print_json({"workspace": made})
    else:
        echo.out(f"Created the workspace {made.folder}")
        echo.out(f"Next: cd {made.folder}, then pipl work add NAME or pipl packl create NAME")


def add(
    workspace_path: str | None,
    requirements: tuple[str, ...],
    *,
    as_of: str | None = None,
    as_json: bool,
) -> None:
    """Add requirements to the workspace, resolve and install."""
    from pipl.workspace import locking

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        place = here.place(workspace)
        changed = locking.add(
            workspace, requirements, here.installer, place, as_of=as_of, progress=progress
        )
    moved.show_change(changed, as_json=as_json)


def lock(
    workspace_path: str | None, *, check: bool = False, as_of: str | None = None, as_json: bool
) -> None:
    """Resolve what the workspace requires and write pylock.toml, keeping pins that still fit."""
    from pipl.workspace import locking

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        if check:
            from pipl.workspace import updating

            held = updating.check(workspace, here.installer, as_of=as_of, progress=progress)
            changed = locking.LockChange(workspace, held, ())
        else:
            changed = locking.relock(workspace, here.installer, as_of=as_of, progress=progress)
    moved.show_change(changed, as_json=as_json)


def sync(workspace_path: str | None, *, frozen: bool = False, as_json: bool) -> None:
    """Make the environment and the asset view equal to the lock; make the lock if need be."""
    from pipl.workspace import syncing

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        synced = syncing.sync(
            workspace, here.environ, lambda: here.installer, frozen=frozen, progress=progress
        )
    moved.show_change(synced, as_json=as_json)
