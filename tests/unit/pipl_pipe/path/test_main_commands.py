"""`python -m pipl_pipe path-…`: the templates of the installed packls, in either notation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

import pipl_pipe

from ..conftest import Site

TOOLKIT = """
    PATHS = {{
        "roots": {{"primary": {{"linux": "{root}", "darwin": "{root}"}}}},
        "keys": {{"Shot": {{"type": "str"}}, "version": {{"type": "int", "format_spec": "03"}}}},
        "paths": {{"work": "{{Shot}}/v{{version}}.ma"}},
    }}
"""
PARTOUT = """
    PATHS = {{"notation": "partout", "file": "show_pipe:tree.conf"}}
"""
TREE = '"{root}":\n  "{{{{Shot}}}}":\n    work: "v{{{{version:3}}}}.ma"\n'


@pytest.fixture(params=["toolkit", "partout"])
def packl(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Site:
    text = TOOLKIT if request.param == "toolkit" else PARTOUT
    site.install_pipe()
    site.install(
        "show-pipe",
        requires=["pipl-pipe"],
        entry_points={"pipl_pipe.config": {"path.show": "show_pipe:PATHS"}},
        modules={
            "show_pipe/__init__.py": text.format(root=tmp_path),
            "show_pipe/tree.conf": TREE.format(root=tmp_path),
        },
    )
    return site


def ask(site: Site, *arguments: str) -> Tuple[int, Dict[str, Any]]:
    paths = [str(site.folder), str(Path(pipl_pipe.__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-m", "pipl_pipe", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_commands(packl: Site, tmp_path: Path) -> None:
    path = f"{tmp_path}/sh010/v003.ma"
    made = ask(packl, "path-format", "--", "work", "Shot=sh010", "version=3")
    assert made == (0, {"template": "work", "path": path})
    status, answer = ask(packl, "path-parse", "--template", "work", "--", path)
    assert (status, answer["readings"][0]["fields"]["Shot"]) == (0, "sh010")
    assert ask(packl, "path-parse", "--", path)[1] == answer
    assert ask(packl, "path-find", "--", "work")[1]["paths"] == []
    Path(path).parent.mkdir()
    Path(path).touch()
    assert ask(packl, "path-find", "--", "work", "version=3")[1]["paths"] == [path]
    status, answer = ask(packl, "path-check")
    assert [one["name"] for one in answer["templates"]] == ["work"]


def test_faults_are_answers_too(packl: Site) -> None:
    status, answer = ask(packl, "path-parse", "--", "/elsewhere")
    assert (status, answer["error"]["code"]) == (1, "path.no-template")
    status, answer = ask(packl, "path-format", "--", "wrok")
    assert (status, answer["error"]["code"]) == (1, "path.unknown-template")


def test_a_catalog_that_cannot_be_used_is_told(packl: Site, tmp_path: Path) -> None:
    packl.install(
        "more-pipe",
        requires=["pipl-pipe"],
        entry_points={"pipl_pipe.config": {"path.more": "more_pipe:PATHS"}},
        modules={"more_pipe/__init__.py": "PATHS = {'paths': {'x': '{'}}"},
    )
    status, answer = ask(packl, "path-check")
    assert [one["name"] for one in answer["templates"]] == ["work"]
    assert answer["flawed"] == 1
    assert "config entry path.more" in answer["broken"][0]
    assert ask(packl, "path-format", "--", "work", "Shot=a", "version=1")[0] == 0
    for question in (("path-format", "--", "x"), ("path-parse", "--", "/elsewhere")):
        status, answer = ask(packl, *question)
        assert (status, answer["error"]["code"]) == (1, "path.invalid-catalog")
