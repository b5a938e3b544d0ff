"""Commands that are run without click: in which forms, and that nothing of it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipl.cli import everyday
from pipl.cli.root import cli

Given = list[tuple[object, ...]]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """What the commands are called with, by whichever way."""
    calls: Given = []
    monkeypatch.setattr(everyday, "env", lambda path, *, as_json: calls.append((path, as_json)))
    monkeypatch.setattr(everyday, "run", lambda path, command: calls.append((path, *command)))
    return calls


@pytest.mark.parametrize(
    "arguments",
    [
        ["work", "env"],
        ["work", "env", "--json"],
        ["work", "run", "true"],
        ["work", "run", "task", "edit", "--help", "-w", "--", "x y"],
    ],
)
def test_the_plain_forms_mean_what_click_makes_of_them(given: Given, arguments: list[str]) -> None:
    command = everyday.plain(arguments)
    assert command is not None
    command()
    CliRunner().invoke(cli, arguments)
    assert len(given) == 2
    assert given[0] == given[1]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["work"],
        ["work", "env", "--help"],
        ["work", "env", "-w", "x"],
        ["work", "env", "x"],
        ["work", "run"],
        ["work", "run", ""],
        ["work", "run", "-w", "x", "true"],
        ["work", "run", "--help"],
        ["work", "run", "--", "true"],
        ["--version"],
    ],
)
def test_all_else_is_left_to_click(arguments: list[str]) -> None:
    assert everyday.plain(arguments) is None


def test_click_is_not_imported_for_them(tmp_path: Path) -> None:
    code = (
        "import sys; from pipl.cli import main; sys.argv = ['pipl', 'work', 'env']\n"
        "try: main.main()\n"
        "except SystemExit as end: print(end.code, 'click' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2 False\n"
    assert done.stderr.startswith(f"error: no workspace at {tmp_path} ")


def test_on_windows_click_expands_what_a_program_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everyday, "_IS_POSIX", False)
    assert everyday.plain(["work", "run", "iview", "*.exr"]) is None
    assert everyday.plain(["work", "env"]) is not None


@pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("arguments", ["work env", "work env -w .", "work env --json"])
def test_a_closed_stream_changes_no_status(tmp_path: Path, closed: str, arguments: str) -> None:
    command = f'exec "$0" -m pipl {arguments} {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
