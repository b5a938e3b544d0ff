"""A workspace over an index on loopback, without a devpi server."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipl.env.choice import choose
from pipl.env.install import UV, Installer
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.testing.simple_index import SimpleIndex, simple_index
from pipl.workspace import area, folder
from pipl.workspace.folder import Workspace


@dataclass(frozen=True)
class Desk:
    """A workspace, the index that it resolves from, and the folder of that index."""

    workspace: Workspace
    index: SimpleIndex
    installer: Installer
    environ: Mapping[str, str]

    @property
    def wheels(self) -> Path:
        return self.index.folder

    def requiring(self, *requirements: str) -> Workspace:
        changed = dataclasses.replace(self.workspace, requirements=requirements)
        folder.save(changed)
        return changed

    def edit(self, name: str, requires: Sequence[str], *, python: str = ">=3.9") -> Path:
        made = self.workspace.folder / name
        made.mkdir()
        (made / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "0.1"\nrequires-python = "{python}"\n'
            f"dependencies = {json.dumps(list(requires))}\n"
            "[tool.pipl]\nkind = 'task'\n[tool.setuptools]\npackages = []\n",
            encoding="utf-8",
        )
        return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    environ = {**os.environ, "UV_CACHE_DIR": str(tmp_path / "uv-cache")}
    with simple_index(wheels) as index:
        binding = Binding("Show", index.origin, IndexName("root", "PROJ"))
        workspace = folder.create(area.mark(tmp_path / "work", binding), "sh010")
        yield Desk(workspace, index, choose(UV, environ), environ)
