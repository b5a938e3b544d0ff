"""The framework's and its products' wheels, installed by real installers and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uv

import pipl_pipe
from pipl.build import packl as packl_build
from pipl.build.packl import Builder
from pipl.build.pipe import build_pipe_wheel
from pipl.env import python, venv
from pipl.env.environment import Environment
from pipl.testing import simple_index
from pipl_pipe import context
from pipl_pipe.context import Context
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

SHOW_PIPE = """
    from pathlib import Path
    from pipl_pipe.asset import Asset
    from pipl_pipe.product import Product
    from pipl_pipe.task import Task, command

    class Obj(Asset):
        extension = "obj"

    class Geometry(Product):
        pass

    class Modelling(Task):
        @command(script="BuildModel")
        def build(self, points: int = 3) -> str:
            "Build the model."
            return f"{points} points"

        def process(self, job):
            print("processing")
            model = job.scratch / "out.obj"
            model.write_text("v 0 0 0")
            job.product("hero_geo", "geometry").add("model", "Obj", model)
"""


def install(installer: str, environment: Environment, wheels: Sequence[Path]) -> None:
    """With pip or uv, offline; what the framework depends on is copied."""
    for package in ("tomlkit", "packaging"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        target = environment.site_packages / package
        shutil.copytree(Path(spec.origin).parent, target, dirs_exist_ok=True)
    command = {
        "uv": [uv.find_uv_bin(), "pip", "install", "--offline", "--no-deps", "--python",
               environment.python],
        "pip": [sys.executable, "-m", "pip", "--python", environment.python, "install",
                "--no-index", "--no-deps"],
    }[installer]  # fmt: skip
    subprocess.run([*command, *wheels], check=True, capture_output=True)


def build(folder: Path, name: str, source: str, points: dict[str, dict[str, str]]) -> Path:
    package = name.replace("-", "_")
    path = folder / wheel_name(name, "1.0.0")
    write_wheel(
        path, name=name, version="1.0.0",
        files={f"{package}/__init__.py": textwrap.dedent(source).encode()},
        metadata=Metadata(requires=("pipl-pipe",)), entry_points=points,
    )  # fmt: skip
    return path


def make_environment(folder: Path, project: Path) -> Environment:
    folder.mkdir()
    environment = venv.create(folder / ".VENV", python.running(), cache=folder / "cache")
    here = Context(
        workspace=folder, project="MyProject", url="http://127.0.0.1:1", project_folder=project,
        index="root/PROJ", assets=folder / "assets",
    )  # fmt: skip
    (environment.folder / context.NAME).write_text(context.render(here), encoding="utf-8")
    return environment


def run(*args: Any, cwd: Path) -> str:
    done = subprocess.run(args, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The framework, a pipeline's packl, and a task."""
    folder = tmp_path_factory.mktemp("wheels")
    types = {
        "pipl_pipe.asset_types": {"Obj": "show_pipe:Obj"},
        "pipl_pipe.product_types": {"geometry": "show_pipe:Geometry"},
        "pipl_pipe.task_types": {"modelling": "show_pipe:Modelling"},
    }
    task = "from show_pipe import Modelling\nTASK = Modelling('hero_model')\n"
    scripts = {"BuildModel": "hero_model:TASK.build.main"}
    points = {"pipl_pipe.tasks": {"hero_model": "hero_model:TASK"}, "console_scripts": scripts}
    return [
        build_pipe_wheel(folder),
        build(folder, "show-pipe", SHOW_PIPE, types),
        build(folder, "hero-model", task, points),
    ]


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_from_a_task_to_the_product_in_another_workspace(
    installer: str, wheels: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "MyProject").mkdir()
    modelling = make_environment(tmp_path / "modelling", tmp_path / "MyProject")
    install(installer, modelling, wheels)
    work = tmp_path / "modelling"
    assert "task build" in run(modelling.scripts / "task", cwd=work)
    assert run(modelling.scripts / "task", "build", "--points", "8", cwd=work) == "8 points\n"
    assert run(modelling.scripts / "BuildModel", "--points", "4", cwd=work) == "4 points\n"

    for name in ("scratch", "out"):
        (tmp_path / name).mkdir()
    release = {"name": "hero-model", "version": "1.0.0", "sha256": "c" * 64, "lock": None}
    (tmp_path / "release.json").write_text(json.dumps(release))
    answer = run(
        modelling.python, "-m", "pipl_pipe", "process", "--scratch", tmp_path / "scratch",
        "--out", tmp_path / "out", "--release", tmp_path / "release.json", cwd=work,
    )  # fmt: skip
    (product,) = json.loads(answer)["products"]
    made = Path(product["wheel"])

    layout = make_environment(tmp_path / "layout", tmp_path / "MyProject")
    install(installer, layout, [*wheels[:2], made])
    settled = run(layout.python, "-m", "pipl_pipe", "settle", "--lay", cwd=tmp_path)
    assert json.loads(settled)["laid"] == ["hero_geo/model.obj"]
    shown = tmp_path / "layout" / "assets" / "hero_geo" / "model.obj"
    assert shown.read_text() == "v 0 0 0"
    code = "from pipl_pipe import services as s; print(s.products['hero_geo'].assets.model.path)"
    assert Path(run(layout.python, "-c", code, cwd=tmp_path).strip()).read_text() == "v 0 0 0"
    twine_accepts([made])


def test_twine_accepts_them(wheels: list[Path]) -> None:
    twine_accepts(wheels)


def twine_accepts(wheels: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", *wheels],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == len(wheels)


def test_a_copy_of_the_framework_is_an_ordinary_project(tmp_path: Path) -> None:
    """Its sdist, and the wheel from that, hold what the wheel holds that pipl makes itself."""
    source = Path(pipl_pipe.__file__).parent
    shutil.copytree(source, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    simple_index.add_setuptools(tmp_path / "index")
    (tmp_path / "out").mkdir()
    with simple_index.simple_index(tmp_path / "index") as index:
        builder = Builder("uv", dict(os.environ), index.url)
        built = packl_build.build(tmp_path / "copy", tmp_path / "out", builder)
    ours = build_pipe_wheel(tmp_path)
    assert built.wheel.name == ours.name
    assert modules(built.wheel) == modules(ours)


def modules(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if name.endswith((".py", ".typed"))}
