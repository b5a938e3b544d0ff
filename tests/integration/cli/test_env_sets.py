"""Env sets in a real workspace: from packls on the index to shells, and what keeps them from it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pipl.testing.commands import Shell

PROJECT = "root/PROJ"
SETS = {
    "es-show": 'ENV_SET = EnvSet(set_("SHOW", "show"), prepend("PATH", "{root}/bin"))',
    "es-shot": 'ENV_SET = EnvSet(set_("SHOW", "shot"), alias("hi", "echo hello"))',
    "es-rival": 'ENV_SET = EnvSet(set_("SHOW", "rival"))',
    "es-maya": "from pipl_pipe.installation import Installation\n"
    'ENV_SET = EnvSet(installation=Installation("maya", {"linux": ("/nowhere/maya{major}",)}, '
    'variable="ES_MAYA"), *[set_("MAYA", "{installation}")])',
}
REQUIRES = {"es-shot": ["es-show"]}


@pytest.fixture(scope="module", autouse=True)
def _published(running, tmp_path_factory: pytest.TempPathFactory) -> None:
    from pipl.index.name import IndexName
    from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

    folder = tmp_path_factory.mktemp("env-sets")
    for name, source in SETS.items():
        package = name.replace("-", "_")
        path = folder / wheel_name(name, "1.0")
        write_wheel(
            path,
            name=name,
            version="1.0",
            files={
                f"{package}/__init__.py": f"from pipl_pipe.envset import *\n{source}\n".encode()
            },
            metadata=Metadata(requires=("pipl-pipe", *REQUIRES.get(name, ()))),
            entry_points={"pipl_pipe.env_sets": {package: f"{package}:ENV_SET"}},
        )
        running.client.upload(IndexName.parse(PROJECT), path)


def test_from_the_index_to_the_shell_and_back(workspace: Shell) -> None:
    workspace.pipl("work", "add", "es-shot")
    said = json.loads(workspace.pipl("work", "env", "--json"))
    assert said["env"]["SHOW"] == "shot"
    assert [(one["source"], one["before"], one["after"]) for one in said["changes"][:3:2]] == [
        ("es-show", None, "show"),
        ("es-shot", "show", "shot"),
    ]
    explained = workspace.pipl("work", "env", "--explain", "SHOW").splitlines()
    assert explained == [
        "SHOW is not set outside",
        f"  es-show, {Path('es_show', '__init__.py')}:2: set show",
        f"  es-shot, {Path('es_shot', '__init__.py')}:2: set shot",
        "SHOW is 'shot' in the workspace",
    ]
    printed = workspace.pipl("work", "run", "python", "-c", "import os; print(os.environ['SHOW'])")
    assert printed == "shot\n"
    script = (
        ". .VENV/bin/activate; shopt -s expand_aliases\n"
        'echo "$SHOW $PIPL_TASK"; hi\ndeactivate\necho "${SHOW-gone}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=workspace.cwd, env=workspace.environ,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "shot \nhello\ngone\n"
    evaluated = workspace.pipl("work", "env", "--shell", "bash")
    assert "export SHOW=shot\n" in evaluated


def test_a_contested_variable_is_decided_in_the_workspace(workspace: Shell) -> None:
    refused = workspace.attempt("work", "add", "es-shot", "es-rival")
    assert refused.status != 0
    assert "es-rival wants SHOW to be 'rival', es-shot wants 'shot'" in refused.stderr
    assert "pipl work env --choose SHOW=es-rival" in refused.stderr
    said = workspace.pipl("work", "env", "--choose", "SHOW=es-rival", "--explain", "SHOW")
    assert said.splitlines()[-1] == "SHOW is 'rival' in the workspace"
    workspace.pipl("work", "sync")
    assert 'SHOW = "es-rival"' in (workspace.cwd / ".workspace").read_text()


def test_an_application_that_is_not_there_fails_clearly(workspace: Shell) -> None:
    refused = workspace.attempt("work", "add", "es-maya")
    assert refused.status != 0
    assert "maya 1.0 is not installed on this machine" in refused.stderr
    assert "ES_MAYA (not set), /nowhere/maya1" in refused.stderr
    environ = {**workspace.environ, "ES_MAYA": str(workspace.cwd)}
    found = Shell(workspace.cwd, environ)
    found.pipl("work", "sync")
    printed = found.pipl("work", "run", "printenv", "MAYA")
    assert printed.strip() == str(workspace.cwd)


def test_work_shell_shows_and_exports_where_it_is(workspace: Shell) -> None:
    workspace.pipl("work", "add", "es-shot")
    typed = 'echo "task=$PIPL_TASK show=$SHOW prompt=$VIRTUAL_ENV_PROMPT in=$PIPL_WORKSPACE"\n'
    typed += 'deactivate\necho "after=$SHOW"\nexit 3\n'
    for shell in ("bash", "zsh", "fish"):
        variables = {**workspace.environ, "SHELL": f"/usr/bin/{shell}"}
        done = Shell(workspace.cwd, variables).attempt("work", "shell", stdin=typed)
        assert done.status == 3, shell
        expected = f"task= show=shot prompt={workspace.cwd.name} in={workspace.cwd}"
        assert expected in done.stdout, shell
        assert "after=\n" in done.stdout.replace("\r", ""), shell
