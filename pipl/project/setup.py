"""Creating a whole project: its folder, its server's database, its default workarea."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipl.progress import SILENT, Progress
from pipl.project import folder, server
from pipl.project.folder import DEFAULT_PORT, Project


def create(
    path: Path,
    environ: Mapping[str, str],
    *,
    port: int = DEFAULT_PORT,
    progress: Progress = SILENT,
) -> Project:
    """Make a project at `path`; nothing remains after a failure or Ctrl-C.

    Raises PathExists, NestedProject, NotWritable, CommandFailed.
    """

    def initialise(project: Project) -> None:
        progress.phase("initialising the server's database")
        server.initialise(project, environ)

    return folder.create(path, port=port, prepare=initialise)
