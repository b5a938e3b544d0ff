"""`pipl work sync`: quick where there is nothing to do, which is most of the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipl.progress import SILENT, Progress
from pipl.workspace import folder, placed, stamp, turns
from pipl.workspace.folder import Workspace
from pipl.workspace.place import Place

if TYPE_CHECKING:
    from pipl.env.install import Installer
    from pipl.workspace.changes import Change


@dataclass(frozen=True)
class Synced:
    """How many packages a workspace holds, what of them has moved, and what is wrong with them."""

    workspace: Workspace
    packages: int
    changes: tuple[Change, ...] = ()
    broken: tuple[str, ...] = ()


def sync(
    workspace: Workspace,
    environ: Mapping[str, str],
    installer: Callable[[], Installer],
    *,
    frozen: bool = False,
    progress: Progress = SILENT,
) -> Synced:
    """Make the environment and the asset view equal to the lock (see `locking.sync`)."""
    place = Place(workspace.folder, workspace.binding, environ, prefer=workspace.prefer)
    count = stamp.packages(workspace, environ)
    if count is not None:
        folder.note(workspace)
        if placed.is_laid_here(place):
            with turns.alone(place.turns):
                placed.lay(place, progress=progress)
        return Synced(workspace, count)
    from pipl.workspace import locking  # slow to import, and asks installers

    changed = locking.sync(workspace, installer(), place, frozen=frozen, progress=progress)
    return Synced(changed.workspace, changed.packages, changed.changes, changed.broken)
