"""Where a lock is materialised, and what its environment is told about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipl import durable
from pipl.env.venv import Environment
from pipl.errors import NotInstalled, WorkspaceMoved
from pipl.project.binding import Binding
from pipl.workspace.folder import ASSETS, ENVIRONMENT, Workspace
from pipl_pipe import context
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidContext


@dataclass(frozen=True)
class Place:
    """Where a lock is materialised, for which project, and the environment variables there.

    `name` is the environment's folder: another one while it is made aside.
    """

    folder: Path
    binding: Binding
    environ: Mapping[str, str]
    name: str = ENVIRONMENT
    env_choices: Mapping[str, str] = field(default_factory=dict)
    """Whose env set decides a variable that several contest: variable to distribution."""

    @property
    def environment(self) -> Environment:
        return Environment(self.folder / self.name)

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
            env_choices=place.env_choices,
        )
    )
    path = place.environment.folder / context.NAME
    if not path.exists() or path.read_text(encoding="utf-8") != written:
        durable.write_text(path, written)


def made_for(environment: Environment) -> Path | None:
    """The workspace that an environment was made for, None where that is not known."""
    try:
        return context.read(environment.folder / context.NAME).workspace
    except InvalidContext:
        return None


def expect_made(workspace: Workspace) -> None:
    """Raises NotInstalled where a workspace was never synced, WorkspaceMoved."""
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    expect_unmoved(workspace.environment, workspace.folder)


def expect_unmoved(environment: Environment, folder: Path) -> None:
    """Its scripts hold absolute paths: in a moved or copied one they lead elsewhere.

    Raises WorkspaceMoved.
    """
    was = made_for(environment)
    if was is not None and was != folder:
        raise WorkspaceMoved(str(folder), str(was))
