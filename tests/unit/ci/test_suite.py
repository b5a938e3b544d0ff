"""What tells how a packl is to be tested, and how the tests ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipl.ci import suite
from pipl.ci.handler import Ran
from pipl.env.environment import Environment


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tox.ini", "[tox]\nenv_list = py311\n"),
        ("tox.ini", "[testenv]\ncommands = pytest\n"),
        ("tox.toml", ""),
        ("setup.cfg", "[tox:tox]\n"),
        ("pyproject.toml", "[tool.tox]\nenv_list = []\n"),
    ],
)
def test_a_tox_configuration_is_found(tmp_path: Path, name: str, text: str) -> None:
    assert suite.has_tox(lay(tmp_path, {name: text}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tox.ini", "[pytest]\n"),
        ("tox.ini", "not an ini file"),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("pyproject.toml", "[tool.pipl]\nkind = 'task'\n"),
        ("pyproject.toml", "not toml"),
    ],
)
def test_other_settings_are_no_tox_configuration(tmp_path: Path, name: str, text: str) -> None:
    assert not suite.has_tox(lay(tmp_path, {name: text}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/test_a.py", ""),
        ("pkg/a_test.py", ""),
        ("pytest.ini", "[pytest]\n"),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\npython_files = ['check_*.py']\n"),
    ],
)
def test_tests_are_found(tmp_path: Path, name: str, text: str) -> None:
    assert suite.has_tests(lay(tmp_path, {name: text}))


def test_a_packl_without_tests_has_none(tmp_path: Path) -> None:
    assert not suite.has_tests(lay(tmp_path, {"pkg/__init__.py": "", "pyproject.toml": ""}))


@pytest.mark.parametrize(
    ("status", "output", "passed", "summary"),
    [
        (0, "...\n===== 3 passed in 0.01s =====\n", True, "3 passed in 0.01s"),
        (1, "..F\n=== 1 failed, 2 passed in 0.01s ===\n", False, "1 failed, 2 passed in 0.01s"),
        (5, "=== no tests ran in 0.01s ===\n", True, "no tests collected"),
        (4, "ERROR: usage\n", False, "pytest could not run: ERROR: usage"),
        (-9, "", False, "pytest could not run: no output"),
    ],
)
def test_how_pytest_ended(
    tmp_path: Path, status: int, output: str, passed: bool, summary: str
) -> None:
    verdict = suite.run_pytest(
        lambda args, **where: Ran(status, output), Environment(tmp_path), tmp_path, {}
    )
    assert (verdict.passed, verdict.summary) == (passed, summary)
    assert verdict.commands[0].output == output
    assert (verdict.commands[0].status == 0) is passed


def test_what_tox_has_written_is_kept(tmp_path: Path) -> None:
    def run(args: tuple[str, ...], **where: object) -> Ran:
        Path(args[args.index("--result-json") + 1]).write_text(json.dumps({"testenvs": {"py": {}}}))
        return Ran(0, "  py: OK\n  congratulations :) (0.5 seconds)\n")

    verdict = suite.run_tox(run, tmp_path / "a.whl", tmp_path, tmp_path, {})
    assert verdict.passed
    assert verdict.tox == {"testenvs": {"py": {}}}
