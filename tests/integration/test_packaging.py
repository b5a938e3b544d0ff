"""`pip install .` gives a working pipl, from an sdist and from a wheel alike."""

from __future__ import annotations

import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipl import process
from pipl.build.pipe import build_pipe_wheel

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from pipl import extension
from pipl.build.pipe import build_pipe_wheel
from pipl.demo import content
from pipl.packl.create import Author, create

out = Path(sys.argv[1])
print(*sorted(extension.templates()))
for template in extension.templates():
    create(out, f"from_{template}", template=template, author=Author("me"))
print(len(content.lay("hero_model", out / "hero_model")))
print(build_pipe_wheel(out).name)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pipl's sdist, and the wheel built from it."""
    out = tmp_path_factory.mktemp("built")
    process.run(
        [sys.executable, "-m", "build", "--installer", "uv", "--outdir", out, ROOT], timeout_s=300
    )
    return out


@pytest.mark.mirror
class TestDistributions:
    def test_twine_has_nothing_to_say(self, built: Path) -> None:
        process.run([sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()])

    def test_they_hold_no_machine_files(self, built: Path) -> None:
        (sdist,) = built.glob("*.tar.gz")
        (wheel,) = built.glob("*.whl")
        with tarfile.open(sdist) as archive, zipfile.ZipFile(wheel) as members:
            names = [*archive.getnames(), *members.namelist()]
        wrong = ("__pycache__", ".pyc", ".pipl-dev", ".git/")
        assert [name for name in names if any(part in name for part in wrong)] == []

    def test_the_wheel_of_the_sdist_works(self, built: Path, tmp_path: Path) -> None:
        (wheel,) = built.glob("*.whl")
        environment = tmp_path / "env"
        python = environment / "bin" / "python"
        process.run(["uv", "venv", "-q", "--python", sys.executable, environment])
        process.run(["uv", "pip", "install", "-q", "--no-deps", "--python", python, wheel])
        (packages,) = environment.glob("lib/python*/site-packages")
        # pipl's dependencies come from here, pipl itself from the wheel
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        out = tmp_path / "out"
        out.mkdir()
        printed = process.run([python, "-c", PROGRAM, out], cwd=tmp_path).stdout.split("\n")
        assert printed[0] == "code config envset houdini maya nuke task"
        assert (out / "from_task" / "tests" / "test_from_task.py").is_file()
        assert int(printed[1]) > 3
        ours = build_pipe_wheel(tmp_path)
        assert (out / printed[2]).read_bytes() == ours.read_bytes()
        shown = process.run([environment / "bin" / "pipl", "--version"], cwd=tmp_path).stdout
        assert "1.0.0a1" in shown
