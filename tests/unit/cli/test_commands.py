"""Every command explains itself, and the tables of groups are true."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from pipl.cli.lazy import LazyGroup
from pipl.cli.root import cli

WITHOUT_JSON = {"run", "shell", "py", "completion", "log", "flow graph", "metrics"}
"""They hand the terminal to another program, print a text as it is, or serve until Ctrl-C."""


def walk(group: click.Group, trail: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*trail, name)), command
        if isinstance(command, click.Group):
            yield from walk(command, (*trail, name))


COMMANDS = dict(walk(cli))
LEAVES = {path: one for path, one in COMMANDS.items() if not isinstance(one, click.Group)}

PROTOTYPE = [
    "proj create", "proj start", "proj user list", "proj user add", "proj user set",
    "proj index create-default", "proj index create-sub", "proj index list-indexes",
    "proj index list", "work create-area", "work create", "work shell", "work py",
    "packl create", "packl show", "packl add", "packl bump", "packl upload",
]  # fmt: skip
SINCE = [
    "proj stop", "proj status", "proj user delete", "proj index set", "proj index delete",
    "login", "logout", "whoami", "work add", "work sync", "work update", "work lock",
    "work status", "work run", "work list", "work open", "work delete", "packl build",
    "packl publish", "packl migrate", "packl list", "asset list", "asset path", "asset add",
    "asset info", "asset diff", "asset du", "asset checkout", "asset copy", "asset push",
    "asset pull", "asset remotes", "asset cache", "asset verify", "asset fsck", "asset gc",
    "asset pin", "asset unpin", "asset pins", "work forget",
    "ci start", "ci status", "ci log", "ci retry", "demo",
]  # fmt: skip


@pytest.mark.parametrize("path", PROTOTYPE + SINCE)
def test_the_promised_commands_exist(path: str) -> None:
    assert path in LEAVES


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_help_has_an_example(path: str) -> None:
    shown = CliRunner().invoke(cli, [*path.split(), "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.output


@pytest.mark.parametrize("path", sorted(LEAVES))
def test_every_command_speaks_json(path: str) -> None:
    options = {name for parameter in LEAVES[path].params for name in parameter.opts}
    speaks = not any(f" {path}".endswith(f" {one}") for one in WITHOUT_JSON)
    assert ("--json" in options) == speaks


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - set(LEAVES)))
def test_a_group_says_of_each_command_what_it_does(path: str) -> None:
    group = COMMANDS[path]
    assert isinstance(group, LazyGroup)
    shown = CliRunner().invoke(cli, [*path.split(), "--help"]).output
    for name in group.list_commands(click.Context(group)):
        assert name in shown


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from pipl.cli.root import cli;"
        "CliRunner().invoke(cli, ['--help']);"
        "print([name for name in ('rich', 'requests', 'tomlkit', 'sqlalchemy', 'virtualenv')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    shown = CliRunner().invoke(cli, ["completion", shell])
    assert shown.exit_code == 0
    assert "_PIPL_COMPLETE" in shown.output
