"""Pythons of pyenv and uv, by the names of their folders."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipl.env import managed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="other file names there")


def put(parent: Path, *versions: str) -> None:
    for version in versions:
        program = parent / version / "bin" / "python3"
        program.parent.mkdir(parents=True)
        program.touch()


def test_the_newest_patch_release_first(tmp_path: Path) -> None:
    put(tmp_path / ".pyenv" / "versions", "3.1.9", "3.11.2", "3.11.10", "3.12.1", "3.11-dev")
    found = managed.executables("3.11", {"HOME": str(tmp_path)})
    assert [path.parts[-3] for path in found] == ["3.11.10", "3.11.2"]
    assert [
        path.parts[-3] for path in managed.executables("python3.11.2", {"HOME": str(tmp_path)})
    ] == ["3.11.2"]


def test_those_of_uv(tmp_path: Path) -> None:
    put(tmp_path, "cpython-3.13.1-linux-x86_64-gnu", "pypy-3.13.1-linux-x86_64-gnu")
    (found,) = managed.executables("3.13", {"UV_PYTHON_INSTALL_DIR": str(tmp_path)})
    assert found.parts[-3].startswith("cpython-3.13.1")


@pytest.mark.parametrize("spec", ["/usr/bin/python3", "../3.11", "3", "3.*", "pypy3.11", ""])
def test_other_specs_are_not_looked_for(tmp_path: Path, spec: str) -> None:
    put(tmp_path / "versions", "3.11.1")
    assert managed.executables(spec, {"PYENV_ROOT": str(tmp_path)}) == ()


def test_no_home(tmp_path: Path) -> None:
    assert managed.executables("3.11", {}) == ()
