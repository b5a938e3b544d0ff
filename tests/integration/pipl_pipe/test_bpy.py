"""Blender as the PyPI package `bpy`, started for real."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).parents[3]
PYTHON = (3, 11)
"""The only one that wheels of this `bpy` are for."""
ADD = """
import sys
import bpy

bpy.ops.mesh.primitive_cube_add()
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])
"""
LIST = "import bpy; print(bpy.data.filepath, sorted(one.name for one in bpy.data.objects))"


@dataclass(frozen=True)
class Blender:
    """An environment with `bpy` in it."""

    python: Path

    def session(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        program = [self.python, "-m", "pipl_pipe.editor.bpy_session", *args]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(program, env=environ, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def blender(tmp_path_factory: pytest.TempPathFactory) -> Blender:
    if sys.version_info[:2] != PYTHON:
        pytest.skip("bpy 4.5 is for Python 3.11")
    folder = tmp_path_factory.mktemp("blender") / "venv"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, "bpy==4.5.*"], check=True)
    return Blender(python)


def test_a_script_changes_a_scene_and_the_next_finds_it(blender: Blender, tmp_path: Path) -> None:
    scene, add, look = (tmp_path / name for name in ("hero.blend", "add.py", "look.py"))
    add.write_text(ADD, encoding="utf-8")
    look.write_text(LIST, encoding="utf-8")
    made = blender.session(scene, add, scene)
    assert made.returncode == 0, made.stderr
    seen = blender.session(scene, look)
    assert f"{scene} ['Cube']" in seen.stdout, seen.stdout + seen.stderr


def test_a_script_that_fails_is_no_success(blender: Blender, tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit(3)", encoding="utf-8")
    assert blender.session(tmp_path / "new.blend", script).returncode == 3
