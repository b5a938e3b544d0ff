"""Environments: made whole or not at all, wherever they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipl.env import python, venv
from pipl.env.environment import Environment
from pipl.errors.usage import NotWritable, PathExists

INTERPRETER = python.running()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def prefix_of(environment: Environment) -> str:
    command = [str(environment.python), "-c", "import sys; print(sys.prefix)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def activated(environment: Environment) -> list[str]:
    """What a shell says after sourcing the activation script."""
    script = '. "$1"/bin/activate && echo "$VIRTUAL_ENV" && echo "$VIRTUAL_ENV_PROMPT"'
    done = subprocess.run(
        ["bash", "-c", script, "bash", str(environment.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["hero", "my hero", "O'Brien's $HOME", "höhle", "a!b`c`"])
def test_an_environment_works_wherever_it_is(tmp_path: Path, cache: Path, name: str) -> None:
    workspace = tmp_path / name
    workspace.mkdir()
    for _ in range(2):  # the blank made, the blank there
        environment = venv.create(workspace / ".VENV", INTERPRETER, cache=cache)
        assert prefix_of(environment) == str(workspace / ".VENV")
        if sys.platform != "win32":
            shown = re.sub(r"['$!`]", "?", name)  # what a shell would read in its prompt
            assert activated(environment) == [str(workspace / ".VENV"), shown]
        assert not list(environment.site_packages.glob("pip*"))
        assert [path.name for path in workspace.iterdir()] == [".VENV"]


def test_it_is_the_same_as_virtualenv_makes_it(tmp_path: Path, cache: Path) -> None:
    copied = venv.create(tmp_path / "a", INTERPRETER, cache=cache).folder
    unwritable = tmp_path / "file"
    unwritable.touch()
    made = venv.create(tmp_path / "b", INTERPRETER, cache=unwritable).folder
    for path in sorted(made.rglob("*")):
        other = copied / path.relative_to(made)
        assert path.is_symlink() == other.is_symlink()
        if path.is_symlink():
            assert path.readlink() == other.readlink()
        elif path.is_dir():
            assert other.is_dir()
        elif path.suffix != ".cfg":
            text = path.read_text(encoding="utf-8").replace(str(made), str(copied))
            # virtualenv quotes a plain name in fewer places than it quotes the blank's
            assert text.replace("'", "").replace("b", "a") == other.read_text(
                encoding="utf-8"
            ).replace("'", "").replace("b", "a")
            assert path.stat().st_mode == other.stat().st_mode
    assert len(list(made.rglob("*"))) == len(list(copied.rglob("*")))


def test_an_older_environment_is_replaced(tmp_path: Path, cache: Path) -> None:
    environment = venv.create(tmp_path / ".VENV", INTERPRETER, cache=cache)
    (environment.site_packages / "old.py").touch()
    environment.python.unlink()
    assert not environment.exists()
    assert venv.create(tmp_path / ".VENV", INTERPRETER, cache=cache).exists()
    assert not (environment.site_packages / "old.py").exists()


def test_what_is_no_environment_is_not_replaced(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "shot.usd").touch()
    with pytest.raises(PathExists):
        venv.create(tmp_path / "scenes", INTERPRETER, cache=cache)
    assert [path.name for path in tmp_path.rglob("*")] == ["scenes", "shot.usd"]


def test_a_folder_that_cannot_be_written(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable, match="file"):
        venv.create(tmp_path / "file" / ".VENV", INTERPRETER, cache=cache)


def test_without_a_cache_it_still_works(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    environment = venv.create(tmp_path / ".VENV", INTERPRETER, cache=tmp_path / "cache")
    assert prefix_of(environment) == str(tmp_path / ".VENV")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_kill_leaves_no_half_environment(tmp_path: Path) -> None:
    """Killed at any moment, there is a whole environment or none."""
    program = (
        "import sys; from pathlib import Path; from pipl.env import python, venv\n"
        "print(flush=True)\n"
        "while True: venv.create(Path(sys.argv[1]), python.running(), cache=Path(sys.argv[2]))"
    )
    folder = tmp_path / ".VENV"
    for delay_ms in (0, 3, 5, 150, 151):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(folder), str(tmp_path / "cache")],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(delay_ms / 1000)
        process.kill()
        process.communicate()
        environment = Environment(folder)
        if folder.exists():
            assert environment.exists()
            assert prefix_of(environment) == str(folder)
    assert venv.create(folder, INTERPRETER, cache=tmp_path / "cache").exists()


def test_several_make_the_same_blank_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pipl.env import python, venv\n"
        "venv.create(Path(sys.argv[1]), python.running(), cache=Path(sys.argv[2]))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / f"env{n}"), str(tmp_path / "cache")]
        )
        for n in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert all(Environment(tmp_path / f"env{n}").exists() for n in range(3))
    (blanks,) = (tmp_path / "cache").iterdir()
    assert len(list(blanks.iterdir())) == 1


def test_an_interpreter_by_its_path() -> None:
    found = python.find(str(INTERPRETER.path), ">=3.10")
    assert found.version == INTERPRETER.version
    assert found.path.samefile(INTERPRETER.path)


def test_an_interpreter_that_is_found_on_the_path(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("links to interpreters")
    (tmp_path / f"python{INTERPRETER.minor}").symlink_to(INTERPRETER.path)
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path), "VIRTUALENV_PYTHON": "nonsense"}
    found = python.find(INTERPRETER.minor, environ=environ)
    assert found.path.samefile(INTERPRETER.path)


def test_an_interpreter_inside_an_environment_stands_for_the_one_below() -> None:
    found = python.find(sys.executable)
    assert found.path.samefile(INTERPRETER.path)
    assert os.path.realpath(found.path) == os.path.realpath(INTERPRETER.path)
