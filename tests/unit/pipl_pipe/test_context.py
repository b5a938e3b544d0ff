from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipl_pipe import context
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidContext, NoContext


def test_what_is_rendered_is_read_again(here: Context) -> None:
    assert context.parse(context.render(here)) == here
    unseen = replace(here, project_folder=None)
    assert context.parse(context.render(unseen)) == unseen


def test_the_running_interpreter_knows_its_workspace(here: Context) -> None:
    assert context.current() == here


def test_the_variable_wins_over_the_environment_over_the_activated_one(tmp_path: Path) -> None:
    for name in ("prefix", "activated"):
        (tmp_path / name).mkdir()
        (tmp_path / name / context.NAME).write_text("{}")
    prefix, activated = str(tmp_path / "prefix"), str(tmp_path / "activated")
    environ = {context.VARIABLE: "/named.json", "VIRTUAL_ENV": activated}
    assert context.find(environ, prefix) == Path("/named.json")
    assert context.find({"VIRTUAL_ENV": activated}, prefix).parent.name == "prefix"
    assert context.find({"VIRTUAL_ENV": activated}, "/usr").parent.name == "activated"


def test_an_interpreter_of_no_workspace_says_so() -> None:
    with pytest.raises(NoContext, match="/usr is not the environment of a workspace"):
        context.find({}, "/usr")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "pipl-context/9"}', "\ud800"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pipl.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidContext, match=r"pipl\.json"):
        context.read(file)
    with pytest.raises(InvalidContext):
        context.read(tmp_path / "missing.json")
