"""Importing the framework needs the standard library and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tomlkit

import pipl_pipe

ROOT = Path(pipl_pipe.__file__).parent
MODULES = sorted(
    ".".join(("pipl_pipe", *path.relative_to(ROOT).with_suffix("").parts)).replace(".__init__", "")
    for path in ROOT.rglob("*.py")
)


def test_every_module_imports_the_standard_library_only() -> None:
    """`-S` leaves site-packages out: what is not in the standard library cannot be found."""
    code = f"import sys, importlib; sys.path.insert(0, {str(ROOT.parent)!r})\n"
    code += f"for name in {MODULES!r}: importlib.import_module(name)\n"
    code += "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('tomlkit', 'packaging')))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.strip() == ""


def test_the_project_file_tells_the_version_and_packages() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    document = tomlkit.parse(text).unwrap()
    assert document["project"]["version"] == pipl_pipe.__version__
    packages = {name for name in MODULES if ROOT.joinpath(*name.split(".")[1:]).is_dir()}
    assert set(document["tool"]["setuptools"]["packages"]) == packages | {"pipl_pipe"}


def test_what_the_project_file_declares_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomlkit.parse(text).unwrap()["project"]
    targets = list(project["scripts"].values())
    targets += [target for group in project["entry-points"].values() for target in group.values()]
    for target in targets:
        module, _, attribute = target.partition(":")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute), target
