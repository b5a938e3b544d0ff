"""Packls of the templates for Maya, Houdini and Nuke, with stand-ins for the applications.

Only what pipl does is tested: the applications themselves are on no test machine.
"""

from __future__ import annotations

import os
from pathlib import Path
from string import Template
from typing import Tuple

import pytest
import tomlkit

from pipl_pipe.context import Context
from pipl_pipe.editor import opening
from pipl_pipe.editor.opening import Opening
from pipl_pipe.errors import InstallationMissing

from ..conftest import Site

TEMPLATES = Path(__file__).parents[4] / "templates"
APPLICATIONS = [
    ("maya", "shot.ma", "bin/maya", "MAYA_LOCATION", ("-proj", "{workspace}", "-file", "{file}")),
    ("houdini", "shot.hiplc", "bin/houdini", "HFS", ("-foreground", "{file}")),
    ("nuke", "comp.nk", "Nuke15.1", "NUKE_LOCATION", ("--nukex", "{file}")),
]
each = pytest.mark.parametrize(("kind", "file", "program", "variable", "words"), APPLICATIONS)
Words = Tuple[str, ...]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MAYA_LOCATION", "HFS", "NUKE_LOCATION"):
        monkeypatch.delenv(variable, raising=False)


def install(site: Site, kind: str) -> None:
    """What the template makes, as `show_app`, with the entry points that it declares."""
    folder = TEMPLATES / kind
    values = {"name": "show_app", "distribution": "show-app", "author": "anna"}

    def filled(path: str) -> str:
        return Template((folder / path).read_text(encoding="utf-8")).substitute(values)

    project = tomlkit.parse(filled("pyproject.toml.tmpl")).unwrap()["project"]
    site.install(
        project["name"],
        version=project["version"],
        entry_points=project["entry-points"],
        modules={"show_app/__init__.py": filled("__name__/__init__.py.tmpl")},
    )


def plan(file: str, here: Context) -> Opening:
    return opening.plan(here.workspace / file, here, dict(os.environ), config={})


@each
def test_the_file_opens_in_the_application_that_is_installed(
    show: Site, here: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    kind: str, file: str, program: str, variable: str, words: Words,
) -> None:  # fmt: skip
    application = tmp_path / "opt" / program
    application.parent.mkdir(parents=True)
    application.write_text("#!/bin/sh\n")
    application.chmod(0o755)
    monkeypatch.setenv(variable, str(tmp_path / "opt"))
    install(show, kind)
    planned = plan(file, here)
    filled = [
        one.replace("{workspace}", str(here.workspace)).replace("{file}", str(planned.file))
        for one in words
    ]
    assert list(planned.command[1:]) == filled
    assert planned.variables[variable] == str(tmp_path / "opt")
    assert str(application.parent) in planned.variables["PATH"].split(os.pathsep)


@each
def test_where_it_is_not_installed_the_error_says_where_it_looked(
    show: Site, here: Context, kind: str, file: str, program: str, variable: str, words: Words
) -> None:
    install(show, kind)
    with pytest.raises(InstallationMissing) as caught:
        plan(file, here)
    assert caught.value.looked
    assert caught.value.variable == variable


def test_houdinis_own_paths_come_last(
    show: Site, here: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "houdini").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "houdini").chmod(0o755)
    monkeypatch.setenv("HFS", str(tmp_path))
    install(show, "houdini")
    paths = plan("shot.hip", here).variables["HOUDINI_PATH"].split(os.pathsep)
    assert paths == [str(show.folder / "show_app" / "houdini"), "&"]
