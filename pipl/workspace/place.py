"""Where a lock is materialised, and what its environment is told about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl import durable
from pipl.env.venv import Environment
from pipl.project.binding import Binding
from pipl.workspace.folder import ASSETS, ENVIRONMENT
from pipl_pipe import context
from pipl_pipe.context import Context


@dataclass(frozen=True)
class Place:
    """Where a lock is materialised, for which project, and the environment variables there."""

    folder: Path
    binding: Binding
    environ: Mapping[str, str]

    @property
    def environment(self) -> Environment:
        return Environment(self.folder / ENVIRONMENT)

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
        )
    )
    path = place.environment.folder / context.NAME
    if not path.exists() or path.read_text(encoding="utf-8") != written:
        durable.write_text(path, written)
