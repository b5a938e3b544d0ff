"""The tutorial's commands, run in its order in one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial.md"


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.mirror
def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PIPL_CONFIG_DIR": str(tmp_path / "logins"),
    }
    script = "set -ex\n" + "\n".join(commands()) + "\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True,
        timeout=600,
    )  # fmt: skip
    if done.returncode != 0:
        subprocess.run(
            [sys.executable, "-m", "pipl", "proj", "stop"], cwd=tmp_path / "MyProject", env=environ
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "it is importable" in done.stdout
    assert re.search(r"shot-notes +1\.\d+\.0, ", done.stdout), done.stdout
