"""pipl-pipe's wheel is one that the packaging tools accept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import pipl_pipe
from pipl.build.packl import Builder, build
from pipl.build.pipe import build_pipe_wheel
from pipl.env import python, venv
from pipl.env.choice import choose
from pipl.env.install import PIP, UV, Resolve
from pipl.env.installed import installed
from pipl.testing.simple_index import add_setuptools, make_wheel, simple_index


def test_twine_has_nothing_to_say(tmp_path: Path) -> None:
    pytest.importorskip("twine")
    wheel = build_pipe_wheel(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel)],
        check=True,
        capture_output=True,
    )


@pytest.mark.parametrize("name", [UV, PIP])
def test_it_installs_and_runs(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "index"
    make_wheel(folder, "tomlkit", "1.0")
    make_wheel(folder, "packaging", "30.0")
    make_wheel(folder, "blake3", "1.0")
    make_wheel(folder, "pyyaml", "6.0.2")
    make_wheel(folder, "fileseq", "3.0")
    build_pipe_wheel(folder)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
    }
    interpreter = python.find()
    installer = choose(name, environ)
    environment = venv.create(tmp_path / ".VENV", interpreter, cache=tmp_path / "cache")
    with simple_index(folder) as index:
        lock = installer.resolve(Resolve(("pipl-pipe",), tmp_path, index.url, interpreter))
        installer.sync(environment, lock, root=tmp_path, index_url=index.url)
    assert installed(environment)["pipl-pipe"].version == pipl_pipe.__version__
    code = "import pipl_pipe, sys; print(pipl_pipe.__version__, pipl_pipe.__file__)"
    said = subprocess.run(
        [environment.python, "-c", code],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.split()[0] == pipl_pipe.__version__
    assert str(tmp_path) in said
    assert (environment.scripts / "create_task").exists()


def test_a_copy_of_the_package_builds_to_the_same_content(tmp_path: Path) -> None:
    """The framework's folder is an ordinary project."""
    add_setuptools(tmp_path / "index")
    source = tmp_path / "pipl_pipe"
    shutil.copytree(
        Path(pipl_pipe.__file__).parent, source, ignore=shutil.ignore_patterns("__pycache__")
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with simple_index(tmp_path / "index") as index:
        built = build(source, tmp_path / "out", Builder(UV, environ, index.url)).wheel
    ours = build_pipe_wheel(tmp_path)
    own = {"RECORD", "WHEEL", "METADATA", "top_level.txt", "pyproject.toml"}

    def content(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {
                name: archive.read(name)
                for name in archive.namelist()
                if name.rpartition("/")[2] not in own
            }

    theirs = content(built)
    points = next(name for name in theirs if name.endswith("entry_points.txt"))
    written = content(ours)
    assert {name for name in theirs if name != points} == {n for n in written if n != points}
    assert all(theirs[name] == written[name] for name in theirs if name != points)
    assert sorted(theirs[points].split()) == sorted(written[points].split())
