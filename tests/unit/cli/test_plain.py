"""Commands that are run without click: in which forms, and that nothing of it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipl.cli import changing, everyday, plain
from pipl.cli.root import cli

Given = list[tuple[str, tuple[object, ...], dict[str, object]]]
UNSAID = {"python": None, "like": None, "as_of": None, "check": False, "frozen": False}
"""What click gives where nothing is said, as do the functions themselves."""


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """What the commands are called with, by whichever way."""
    calls: Given = []

    def watch(module: object, name: str) -> None:
        def called(*args: object, **kwargs: object) -> None:
            if name == "create":
                args = (args[0], *(one for one in args[1:] if one != "."))
            said = {key: one for key, one in kwargs.items() if UNSAID.get(key, ...) != one}
            calls.append((name, args, said))

        monkeypatch.setattr(module, name, called)

    for module, names in (
        (everyday, ("env", "run")),
        (changing, ("create", "add", "lock", "sync")),
    ):
        for name in names:
            watch(module, name)
    return calls


@pytest.mark.parametrize(
    "arguments",
    [
        ["work", "env"],
        ["work", "env", "--json"],
        ["work", "run", "true"],
        ["work", "run", "task", "edit", "--help", "-w", "--", "x y", "--json"],
        ["work", "sync"],
        ["work", "sync", "--json"],
        ["work", "lock"],
        ["work", "lock", "--json"],
        ["work", "add", "hero-geo"],
        ["work", "add", "hero-geo>=1,<2", "x @ file:///a b", "--json"],
        ["work", "create", "hero"],
        ["work", "create", "hero", "--json"],
        ["work", "create", "hero", "--add", "hero-geo", "--add", "hero-rig==1.*"],
    ],
)
def test_the_plain_forms_mean_what_click_makes_of_them(given: Given, arguments: list[str]) -> None:
    command = plain.command_of(arguments)
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
        ["work", "sync", "--frozen"],
        ["work", "sync", "x"],
        ["work", "sync", "--json", "--json"],
        ["work", "lock", "--check"],
        ["work", "add"],
        ["work", "add", "--json"],
        ["work", "add", ""],
        ["work", "add", "--", "x"],
        ["work", "add", "x", "-w", "y"],
        ["work", "add", "x", "--as-of", "2026-03-01"],
        ["work", "create"],
        ["work", "create", "hero", "area"],
        ["work", "create", "hero", "--add"],
        ["work", "create", "hero", "--add", "x", "--add"],
        ["work", "create", "hero", "--add", "--json"],
        ["work", "create", "hero", "--add=x"],
        ["work", "create", "hero", "--like", "x"],
        ["work", "why", "x"],
        ["proj", "lock"],
        ["--version"],
    ],
)
def test_all_else_is_left_to_click(arguments: list[str]) -> None:
    assert plain.command_of(arguments) is None


@pytest.mark.parametrize("command", ["env", "sync", "lock", "add x", "create x"])
def test_click_is_not_imported_for_them(tmp_path: Path, command: str) -> None:
    code = (
        f"import sys; from pipl.cli import main; sys.argv = 'pipl work {command}'.split()\n"
        "try: main.main()\n"
        "except SystemExit as end: print(end.code, 'click' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2 False\n"
    assert done.stderr.startswith("error: no work")


def test_on_windows_click_expands_what_a_program_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_IS_POSIX", False)
    assert plain.command_of(["work", "run", "iview", "*.exr"]) is None
    assert plain.command_of(["work", "env"]) is not None


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
