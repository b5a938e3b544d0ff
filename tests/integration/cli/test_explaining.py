"""Why a packl is here, and why requirements cannot be met: over the project's own server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject
from pipl.testing.simple_index import make_wheel


@pytest.fixture(scope="module")
def show(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> RunningProject:
    folder = tmp_path_factory.mktemp("wheels")
    for wheel in (
        make_wheel(folder, "why-maya", "2025.0"),
        make_wheel(folder, "why-maya", "2026.1"),
        make_wheel(folder, "why-rig", "2.0", requires=["why-maya<2027"]),
        make_wheel(folder, "why-rig", "2.1", requires=["why-maya<2026"]),
    ):
        running.client.upload(running.project.index, wheel)
    return running


def test_who_brings_it_in_and_what_would_help(
    show: RunningProject, workspace: Shell, tmp_path: Path
) -> None:
    workspace.pipl("work", "add", "why-rig>=2")
    name = workspace.cwd.name
    assert workspace.pipl("work", "why", "why-maya").splitlines() == [
        "why-maya 2025.0",
        f"  {name} → why-rig 2.1 (why-rig>=2) → why-maya 2025.0 (why-maya<2026)",
    ]
    why = workspace.json("work", "why", "why-maya")
    assert [len(chain) for chain in why["chains"]] == [2]  # type: ignore[attr-defined]
    assert "why-maya 2025.0  (why-maya<2026)" in workspace.pipl("work", "graph")
    assert workspace.pipl("work", "graph", "--format", "mermaid").startswith("flowchart")
    if shutil.which("dot"):
        picture = workspace.pipl("work", "graph", "--format", "svg")
        assert "<svg" in picture and "why&#45;rig" in picture

    refused = workspace.attempt("work", "add", "why-rig==2.1", "why-maya==2026.1")
    assert refused.status == 6
    assert "2026.1: why-rig 2.1 requires why-maya<2026" in refused.stderr
    assert f"why-rig 2.0, if {name} admits it (it requires why-rig==2.1)" in refused.stderr
    assert "the resolver's own words:" in refused.stderr

    error = workspace.json("work", "add", "why-rig==2.1", "why-maya==2026.1")["error"]
    assert isinstance(error, dict)
    kinds = {change["kind"] for change in error["fields"]["conflict"]["changes"]}
    assert (error["code"], "loosen" in kinds) == ("env.unresolvable", True)


def test_a_name_that_is_not_there(show: RunningProject, workspace: Shell) -> None:
    assert workspace.attempt("work", "why", "why-maya").status == 6  # no lock yet
    workspace.pipl("work", "add", "why-maya")
    refused = workspace.attempt("work", "why", "why-mya")
    assert refused.status == 6
    assert "close to it: why-maya" in refused.stderr


def test_a_misspelt_name_is_put_right(show: RunningProject, workspace: Shell) -> None:
    refused = workspace.attempt("work", "add", "why-rgi")
    assert refused.status == 6
    assert "the index holds no why-rgi; did you mean why-rig" in refused.stderr


def test_without_graphviz_a_picture_says_what_to_do(show: RunningProject, workspace: Shell) -> None:
    workspace.pipl("work", "lock")
    bare = Shell(workspace.cwd, {**workspace.environ, "PATH": "/nowhere"})
    refused = bare.attempt("work", "graph", "--format", "svg")
    assert refused.status == 9
    assert "--format mermaid" in refused.stderr
