"""A studio in a folder: the demo's packls, installed for editing, in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipl import process
from pipl.build.pipe import build_pipe_wheel
from pipl.packl.template import render
from pipl_pipe import context
from pipl_pipe import packl as packls
from pipl_pipe import variables as changes
from pipl_pipe.context import Context

TEMPLATES = Path(__file__).parents[3] / "templates"


@dataclass(frozen=True)
class Studio:
    """One workspace for everybody; `site` is what is installed in it."""

    folder: Path

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def assets(self) -> Path:
        return self.folder / "assets"

    def new(self, name: str, template: str) -> Path:
        """A packl from a template of the repository."""
        values = {
            "name": name,
            "distribution": name.replace("_", "-"),
            "author": "anna",
            "email": "",
            "type": "",
        }
        render(TEMPLATES / template, self.folder / name, values)
        return self.folder / name

    def install_for_editing(self, folder: Path) -> None:
        """Write its metadata beside the others, as an editable installation does."""
        packl = packls.read(folder)
        for old in self.site.glob(f"{packl.package}-*.dist-info"):
            shutil.rmtree(old)
        info = self.site / f"{packl.package}-{packl.version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {packl.name}", f"Version: {packl.version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in packl.dependencies]
        (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        groups = [
            "\n".join([f"[{group}]", *(f"{name} = {target}" for name, target in points.items())])
            for group, points in packl.entry_points.items()
        ]
        (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n", encoding="utf-8")

    def install(self, wheel: Path) -> None:
        """A pure wheel is installed by unpacking it; an older version goes first."""
        for old in self.site.glob(f"{wheel.name.split('-')[0]}*"):
            shutil.rmtree(old)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site)

    def run(self, *args: str, check: bool = True) -> process.Completed:
        """Run Python in the workspace, with its env sets applied."""
        variables = self.variables
        reported = self._python(["-m", "pipl_pipe", "env"], variables).stdout
        operations = [changes.Operation(**one) for one in json.loads(reported)["env"]]
        return self._python([*args], changes.apply(operations, variables), check=check)

    def pipe(self, *args: str) -> dict[str, Any]:
        """What `python -m pipl_pipe` answers."""
        answer = json.loads(self.run("-m", "pipl_pipe", *args).stdout)
        assert isinstance(answer, dict)
        return answer

    def task(self, name: str, *args: str, check: bool = True) -> process.Completed:
        """`task --task NAME ARGS` as the console script runs it."""
        script = "import sys; from pipl_pipe.task.command_line import task; sys.exit(task())"
        return self.run("-c", script, "--task", name, *args, check=check)

    def process(self, packl: Path, *, version: str) -> list[Path]:
        """Process a task as CI does; the product wheels."""
        number = len(list(self.folder.glob("job*")))
        job = self.folder / f"job{number}"
        (job / "scratch").mkdir(parents=True)
        (job / "out").mkdir()
        distribution = packl.name.replace("_", "-")
        release = {"name": distribution, "version": version, "sha256": "0" * 64, "lock": None}
        (job / "release.json").write_text(json.dumps(release), encoding="utf-8")
        places = ("--scratch", job / "scratch", "--out", job / "out")
        order = ("--task", packl.name, *places, "--release", job / "release.json")
        answer = self.pipe("process", *map(str, order))
        return [Path(product["wheel"]) for product in answer["products"]]

    @property
    def variables(self) -> dict[str, str]:
        edited = sorted(str(path.parent) for path in self.folder.glob("*/pyproject.toml"))
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.site), *edited]),
            context.VARIABLE: str(self.folder / "pipl.json"),
        }

    def _python(
        self, args: list[str], variables: dict[str, str], *, check: bool = True
    ) -> process.Completed:
        return process.run(
            [sys.executable, *args], cwd=self.folder, env=variables, timeout_s=300, check=check
        )


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    pytest.importorskip("pxr", reason="usd-core is not installed")
    made = Studio(tmp_path_factory.mktemp("studio"))
    made.site.mkdir()
    made.install(build_pipe_wheel(made.folder))
    here = Context(
        workspace=made.folder,
        project="Demo",
        url="http://127.0.0.1:1",
        project_folder=made.folder / "project",
        index="root/PROJ",
        assets=made.assets,
    )
    (made.folder / "project").mkdir()
    (made.folder / "pipl.json").write_text(context.render(here), encoding="utf-8")
    return made
