"""Env sets of packls that are edited in a workspace, from declaring them to the user's shell."""

from __future__ import annotations

import json
from pathlib import Path

from pipl import process
from pipl.testing.commands import Shell


def declare(workspace: Shell, name: str, source: str) -> Path:
    """An env-set packl that is edited in the workspace; the line where its source begins is 2."""
    workspace.pipl("packl", "create", "--template", "envset", name)
    module = workspace.cwd / name / name / "__init__.py"
    module.write_text(f"from pipl_pipe.envset import *\n{source}\n", encoding="utf-8")
    return module


def test_what_a_packl_declares_reaches_shell_and_commands(workspace: Shell) -> None:
    source = "ENV_SET = EnvSet(set_('LOOK', \"it's $5\"), prepend('PATH', '{root}/bin'))"
    module = declare(workspace, "look_env", source)
    workspace.pipl("work", "sync")
    code = "import os; print(os.environ['LOOK'], os.environ['PIPL_WORKSPACE'])"
    expected = f"it's $5 {workspace.cwd}"
    assert workspace.pipl("work", "run", "python", "-c", code).strip() == expected
    script = f'. .VENV/bin/activate\npython -c "{code}"\ndeactivate\necho "[${{LOOK-gone}}]"\n'
    done = process.run(["bash"], cwd=workspace.cwd, env=workspace.environ, stdin=script)
    assert done.stdout.splitlines() == [expected, "[gone]"]
    explained = workspace.json("work", "env", "--explain", "LOOK")
    assert explained["value"] == "it's $5"
    (step,) = explained["steps"]  # type: ignore[misc]
    assert step["operation"]["source"] == "look-env"
    assert step["operation"]["line"] == f"{module}:2"
    said = workspace.pipl("work", "env", "--explain", "LOOK")
    assert f"look-env: set it's $5\n    at {module}:2" in said
    printed = workspace.pipl("work", "env", "--shell", "bash")
    assert "export LOOK='it'\\''s $5'\n" in printed


def test_packls_that_contradict_each_other_and_the_workspaces_choice(workspace: Shell) -> None:
    declare(workspace, "one_env", "ENV_SET = EnvSet(set_('OCIO', 'a'))")
    declare(workspace, "other_env", "ENV_SET = EnvSet(set_('OCIO', 'b'))")
    done = workspace.attempt("work", "sync")
    assert done.status == 11
    assert "OCIO gets different values" in done.stderr
    assert "one-env (set 'a'; " in done.stderr
    assert "other-env (set 'b'; " in done.stderr
    assert "pipl work prefer OCIO one-env" in done.stderr
    workspace.pipl("work", "prefer", "OCIO", "other_env")
    assert 'OCIO = "other-env"' in (workspace.cwd / ".workspace").read_text(encoding="utf-8")
    assert "OCIO=b  (other-env)" in workspace.pipl("work", "env")
    assert workspace.attempt("work", "prefer", "OCIO", "--undo").status == 11


def test_an_application_that_is_missing_and_then_found(workspace: Shell, tmp_path: Path) -> None:
    declare(
        workspace,
        "maya",
        "ENV_SET = EnvSet(set_('MAYA_LOCATION', '{root}'), installation=Installation(\n"
        f"    'Maya', {{'linux': ('{tmp_path}/maya{{major}}',)}}, 'MAYA_LOCATION'))",
    )
    done = workspace.attempt("work", "sync")
    assert done.status == 11
    assert f"Maya 1.0.0, which maya stands for, is not found; looked for: {tmp_path}/maya1" in (
        done.stderr
    )
    assert "set MAYA_LOCATION to the folder" in done.stderr
    workspace.pipl("work", "run", "python", "-c", "import pipl_pipe")  # the rest is there
    (tmp_path / "maya1").mkdir()
    workspace.pipl("work", "sync")
    found = json.dumps(workspace.json("work", "env")["values"])
    assert f'"MAYA_LOCATION": "{tmp_path}/maya1"' in found
