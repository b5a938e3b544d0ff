"""Where a lock is materialised, and what its environment is told about that."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipl import durable
from pipl.env.environment import Environment
from pipl.errors.env import WorkspaceMoved
from pipl.project.binding import Binding
from pipl.workspace.folder import ASSETS, ENVIRONMENT
from pipl_pipe import context
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidContext, PipeError


@dataclass(frozen=True)
class Place:
    """Where a lock is materialised, for which project, and the environment variables there.

    `name` is the environment's folder: another one while it is made aside. `prefer` names the
    packl that sets a variable where several would.
    """

    folder: Path
    binding: Binding
    environ: Mapping[str, str]
    name: str = ENVIRONMENT
    prefer: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        return Environment(self.folder / self.name)

    @property
    def turns(self) -> Path:
        """The lock file of those that change the environment or the asset view."""
        return self.folder / ".sync.lock"

    @property
    def assets(self) -> Path:
        return self.folder / ASSETS


def write_context(place: Place) -> None:
    """Tell the framework in this environment which workspace and project it belongs to."""
    binding = place.binding
    written = context.render(
        Context(
            workspace=place.folder,
            project=binding.name,
            url=binding.url,
            project_folder=binding.folder,
            index=str(binding.index),
            assets=place.assets,
            prefer=place.prefer,
            task=_edited_task(place.folder),
        )
    )
    path = place.environment.folder / context.NAME
    if not path.exists() or path.read_text(encoding="utf-8") != written:
        durable.write_text(path, written)


def _edited_task(folder: Path) -> str:
    """The name of the task that is edited there; empty where there is none, or several."""
    tasks = []
    for path in folder.glob("*/pyproject.toml"):
        from pipl_pipe import packl  # slow to import, and most workspaces edit nothing

        with contextlib.suppress(PipeError):  # said by whatever needs the packl
            edited = packl.read(path.parent)
            tasks += [edited.name] if edited.kind == "task" else []
    return tasks[0] if len(tasks) == 1 else ""


def made_for(environment: Environment) -> Path | None:
    """The workspace that an environment was made for, None where that is not known."""
    try:
        return context.read(environment.folder / context.NAME).workspace
    except InvalidContext:
        return None


def task_of(environment: Environment) -> str:
    """The task that was edited when the environment was settled, empty where none was."""
    try:
        return context.read(environment.folder / context.NAME).task
    except InvalidContext:
        return ""


def expect_unmoved(environment: Environment, folder: Path) -> None:
    """Its scripts hold absolute paths: in a moved or copied one they lead elsewhere.

    Raises WorkspaceMoved.
    """
    was = made_for(environment)
    if was is not None and was != folder:
        raise WorkspaceMoved(str(folder), str(was))
