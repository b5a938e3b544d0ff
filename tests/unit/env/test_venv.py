"""The layout of an environment and the variables in it (making one: tests/integration/env)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pipl.env.environment import Environment


@pytest.mark.skipif(sys.platform == "win32", reason="the layout of POSIX systems")
def test_where_things_are(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    assert environment.python == tmp_path / "bin" / "python"
    assert not environment.exists()
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    assert environment.site_packages == tmp_path / "lib" / "python3.11" / "site-packages"


@pytest.mark.skipif(sys.platform == "win32", reason="the layout of POSIX systems")
def test_an_environment_without_its_interpreter_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(tmp_path / "gone")
    assert not Environment(tmp_path).exists()
    (tmp_path / "gone").touch()
    assert Environment(tmp_path).exists()


def test_its_variables_are_those_of_activate(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    base = {"PATH": "/usr/bin", "PYTHONHOME": "/x", "PYTHONPATH": "/y", "LANG": "C"}
    assert environment.environ(base) == {
        "LANG": "C",
        "VIRTUAL_ENV": str(tmp_path),
        "PATH": f"{environment.scripts}{os.pathsep}/usr/bin",
    }
    assert environment.environ({"PATH": ""})["PATH"] == str(environment.scripts)
