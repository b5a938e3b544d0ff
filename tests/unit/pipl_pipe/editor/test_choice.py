"""Which editor opens a file: what is installed decides."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Dict

import pytest

from pipl_pipe.editor import choice, editors
from pipl_pipe.editor.choice import Chosen
from pipl_pipe.errors import (
    AmbiguousExtension,
    BrokenExtension,
    EditorUnavailable,
    NoEditor,
    SeveralEditors,
    UnknownExtension,
)

from ..conftest import Site

PYTHON = str(Path(sys.executable).parent)
MAYA = """
    from pipl_pipe.editor import Editor
    EDITOR = Editor(opens=("ma", "mb"), command=("{python}", "-file", "{file}"))
"""


def environ(**more: str) -> Dict[str, str]:
    return {"PATH": PYTHON, **more}


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def install(site: Site, name: str, source: str = MAYA, *requires: str) -> None:
    package = name.replace("-", "_")
    site.install(
        name,
        requires=["pipl-pipe", *requires],
        entry_points={"pipl_pipe.editors": {package: f"{package}:EDITOR"}},
        modules={f"{package}/__init__.py": source},
    )


def chosen(basename: str, **more: str) -> Chosen:
    return choice.choose(editors(), basename, environ(**more), {})


def test_what_a_packl_brings_opens_its_files(show: Site) -> None:
    install(show, "maya")
    assert (chosen("layout.MA").name, chosen("x.mb").distribution) == ("maya", "maya")


def test_a_packl_comes_before_what_is_built_in(show: Site, tmp_path: Path) -> None:
    program(tmp_path / "bin", "usdview")
    path = f"{tmp_path / 'bin'}:{PYTHON}"
    assert chosen("set.usda", PATH=path).name == "usdview"
    install(show, "studio-view", MAYA.replace('"ma", "mb"', '"usda",'))
    assert chosen("set.usda", PATH=path).name == "studio_view"


def test_a_general_editor_takes_what_no_other_does(show: Site) -> None:
    assert chosen("set.usda", EDITOR=sys.executable).name == "text"
    found = choice.choose(editors(), "notes.md", environ(VISUAL=f"{sys.executable} -q"), {})
    line = found.editor.command_line(Path("/w/n.md"), {"VISUAL": f"{sys.executable} -q"}, {})
    assert line == [sys.executable, "-q", "/w/n.md"]


def test_without_an_editor_the_error_says_what_was_passed_over(show: Site) -> None:
    with pytest.raises(NoEditor) as caught:
        chosen("scene.blend")
    assert caught.value.code == "editor.none"
    assert "bpy: the package bpy is not installed in this workspace" in str(caught.value)
    assert "blender: the program blender is not on PATH" in str(caught.value)
    with pytest.raises(NoEditor):
        chosen("no_extension")


def test_blender_is_found_by_its_variable(show: Site, tmp_path: Path) -> None:
    blender = program(tmp_path / "opt", "blender-4.5")
    assert chosen("scene.blend", BLENDER=str(blender)).name == "blender"


def test_two_editors_without_order_are_an_error_that_names_both(show: Site) -> None:
    install(show, "maya")
    install(show, "maya-lt")
    with pytest.raises(SeveralEditors) as caught:
        chosen("layout.ma")
    assert caught.value.editors == ("maya (maya)", "maya_lt (maya-lt)")
    assert choice.choose(editors(), "layout.ma", environ(), {"ma": "maya_lt"}).name == "maya_lt"
    assert choice.named(editors(), "maya").name == "maya"


def test_the_one_that_depends_on_the_others_wins(show: Site) -> None:
    install(show, "maya")
    install(show, "studio-maya", MAYA, "maya")
    assert chosen("layout.ma").name == "studio_maya"


def test_what_a_packl_asked_for_must_be_there(show: Site) -> None:
    install(show, "maya", MAYA.replace("{python}", "no-such-program"))
    with pytest.raises(EditorUnavailable) as caught:
        choice.expect_startable(chosen("layout.ma"), environ())
    assert "the program no-such-program is not on PATH" in str(caught.value)
    assert caught.value.distribution == "maya"


def test_an_unknown_name_lists_those_there_are(show: Site) -> None:
    with pytest.raises(UnknownExtension, match="usdview"):
        choice.named(editors(), "nuke")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("EDITOR = object()", "it is not a pipl_pipe.editor.Editor"),
        (MAYA.replace('"ma"', '".ma"'), "write extensions in lower case without the dot"),
        (MAYA.replace('("ma", "mb")', '"ma"'), "its opens is not a tuple of texts"),
        ("raise RuntimeError('half-installed')", "RuntimeError: half-installed"),
    ],
)
def test_a_broken_editor_is_named(show: Site, source: str, reason: str) -> None:
    install(show, "maya", source)
    with pytest.raises(BrokenExtension, match=reason) as caught:
        chosen("layout.ma")
    assert caught.value.distribution == "maya"
    assert chosen("notes.txt", EDITOR=sys.executable).name == "text"  # the others still work


def test_two_packls_with_one_name_are_an_error(show: Site) -> None:
    for name in ("maya", "other"):
        show.install(
            name,
            entry_points={"pipl_pipe.editors": {"maya": f"{name}_e:EDITOR"}},
            modules={f"{name}_e/__init__.py": MAYA},
        )
    with pytest.raises(AmbiguousExtension, match="other"):
        choice.named(editors(), "maya")
