"""A new workspace with an empty environment."""

from __future__ import annotations

from collections.abc import Mapping

from pipl.env import python as interpreters
from pipl.env import venv
from pipl.progress import SILENT, Progress
from pipl.workspace import folder
from pipl.workspace.area import Workarea
from pipl.workspace.folder import Workspace
from pipl.workspace.place import Place, write_context


def create(
    workarea: Workarea,
    name: str,
    environ: Mapping[str, str],
    *,
    python: str | None = None,
    progress: Progress = SILENT,
) -> Workspace:
    """Make the workspace `name`; nothing remains after a failure.

    Raises InvalidName, PathExists, NoInterpreter, NotWritable.
    """
    interpreter = interpreters.find(python)
    workspace = folder.create(workarea, name, python=python)
    try:
        progress.phase(f"creating the environment with Python {interpreter.version}")
        venv.create(workspace.environment.folder, interpreter)
        write_context(Place(workspace.folder, workspace.binding, environ))
    except BaseException:
        folder.delete(workspace)
        raise
    return workspace
