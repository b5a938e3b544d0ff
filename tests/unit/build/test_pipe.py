"""pipl-pipe's own wheel: the framework that is installed here, always the same bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pipl_pipe
from pipl.build import wheel
from pipl.build.pipe import build_pipe_wheel


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = build_pipe_wheel(tmp_path), build_pipe_wheel(tmp_path / "other")
    assert first.read_bytes() == second.read_bytes()


def test_it_says_what_its_pyproject_says(tmp_path: Path) -> None:
    found = wheel.describe(build_pipe_wheel(tmp_path))
    assert (found.name, found.version) == ("pipl-pipe", pipl_pipe.__version__)
    assert found.requires_python == ">=3.9"
    assert {"task", "create_task"} <= found.entry_points["console_scripts"].keys()
    assert "asset_store" in found.entry_points["pipl_pipe.services"]


def test_it_holds_the_code_and_nothing_that_tools_leave(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_pipe_wheel(tmp_path)) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    root = Path(pipl_pipe.__file__).parent
    code = {f"pipl_pipe/{path.relative_to(root).as_posix()}" for path in root.rglob("*.py")}
    assert names == code | {"pipl_pipe/py.typed", "pipl_pipe/pyproject.toml"}
