"""A new workspace: with an empty environment, or filled at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipl.env import python as interpreters
from pipl.env import venv
from pipl.errors.base import FrameworkError
from pipl.progress import SILENT, Progress
from pipl.workspace import folder
from pipl.workspace.area import Workarea
from pipl.workspace.folder import Workspace
from pipl.workspace.place import Place, write_context
from pipl_pipe import caches


def create(
    workarea: Workarea,
    name: str,
    environ: Mapping[str, str],
    *,
    python: str | None = None,
    fill: Callable[[Workspace], Workspace] | None = None,
    progress: Progress = SILENT,
) -> Workspace:
    """Make the workspace `name`; nothing remains after a failure, unless it is whole.

    Its environment is empty, or what `fill` makes of it. Raises InvalidName, PathExists,
    NoInterpreter, NotWritable, and what `fill` raises.
    """
    interpreter = interpreters.find(python)
    workspace = folder.create(workarea, name, python=python)
    try:
        if fill is not None:
            return fill(workspace)
        progress.phase(f"creating the environment with Python {interpreter.version}")
        venv.create(workspace.environment.folder, interpreter, cache=caches.folder(environ))
        write_context(Place(workspace.folder, workspace.binding, environ))
    except BaseException as fault:
        # what its packls lack on this machine takes nothing away from a workspace that is whole
        if not (isinstance(fault, FrameworkError) and workspace.environment.exists()):
            folder.delete(workspace)
        raise
    return workspace
