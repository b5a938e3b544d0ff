"""Making a workspace work again after its folder was moved or copied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipl.env import moved
from pipl.errors.env import NotInstalled, NotRelocated
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace import registered, turns
from pipl.workspace.materialise import settle
from pipl.workspace.place import Place, made_for


@dataclass(frozen=True)
class Relocated:
    """Where a workspace is and where its environment was made for (None: right here).

    `files` is how many were rewritten.
    """

    folder: Path
    was: Path | None
    files: int


def relocate(place: Place, *, progress: Progress = SILENT) -> Relocated:
    """Lead the environment of a workspace to where that is now; no server is needed.

    The project then knows the new folder, and the old one only if a workspace is still there.
    Raises NotInstalled, NotRelocated, FrameworkError.
    """
    environment = place.environment
    if not environment.exists():
        raise NotInstalled(str(place.folder))
    with turns.alone(place.folder / ".sync.lock"):
        was = made_for(environment)
        if was is None:
            raise NotRelocated(str(place.folder), "it does not say which folder it was made for")
        if was == place.folder:
            return Relocated(place.folder, None, 0)
        files = moved.rewrite(environment, was, place.folder)
        project = place.binding.folder
        if project is not None:
            registered.note(project, place.folder)
            if not (was / workspace_folder.MARK).is_file():
                registered.forget_if_noted(project, was)
        settle(place, progress=progress)  # which also says that this is its place now
    return Relocated(place.folder, was, files)
