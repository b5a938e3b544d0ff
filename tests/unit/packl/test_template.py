"""Skeletons and what is made from them."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit

from pipl.errors.usage import InvalidTemplate, NotWritable, PathExists
from pipl.packl.template import render

TEMPLATES = Path(__file__).parents[3] / "templates"
APPLICATIONS = ("houdini", "maya", "nuke")
KINDS = ("code", "config", "envset", "task", *APPLICATIONS)
VALUES = {
    "name": "hero_model",
    "distribution": "hero-model",
    "author": 'Zoë "Z" \\ Smith',
    "email": "",
    "type": "task",
}


def skeleton(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_every_kind_has_a_skeleton() -> None:
    assert {path.name for path in TEMPLATES.iterdir() if any(path.rglob("*.tmpl"))} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_makes_a_packl(kind: str, tmp_path: Path) -> None:
    packl = tmp_path / "hero_model"
    written = render(TEMPLATES / kind, packl, VALUES)

    assert sorted(path for path in packl.rglob("*") if path.is_file()) == sorted(written)
    names = {path.relative_to(packl).as_posix() for path in written}
    assert {
        "pyproject.toml",
        "README.md",
        "MANIFEST.in",
        "hero_model/__init__.py",
        "tests/test_hero_model.py",
    } <= names
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "$" not in text
        assert "__name__" not in path.name
        if path.suffix == ".py":
            compile(text, str(path), "exec")

    document = tomlkit.parse((packl / "pyproject.toml").read_text(encoding="utf-8")).unwrap()
    project = document["project"]
    assert project["name"] == "hero-model"
    assert project["authors"] == [{"name": 'Zoë "Z" \\ Smith'}]
    assert any(line.startswith("pytest") for line in project["optional-dependencies"]["test"])
    assert "edit" in project["optional-dependencies"]
    assert document["tool"]["pipl"]["kind"] == ("envset" if kind in APPLICATIONS else kind)
    assert document["build-system"]["build-backend"] == "setuptools.build_meta"


def test_a_task_declares_itself(tmp_path: Path) -> None:
    render(TEMPLATES / "task", tmp_path / "hero_model", VALUES)
    document = tomlkit.parse((tmp_path / "hero_model/pyproject.toml").read_text("utf-8")).unwrap()
    assert document["tool"]["pipl"]["type"] == "task"
    assert document["project"]["entry-points"]["pipl_pipe.tasks"] == {
        "hero_model": "hero_model:TASK"
    }


def test_only_files_with_the_ending_belong_to_a_skeleton(tmp_path: Path) -> None:
    template = skeleton(
        tmp_path / "template",
        {
            "__init__.py": "",
            "__pycache__/__init__.cpython-310.pyc": "",
            "notes.txt": "not for packls",
            "__name__/deep/__name___scene.py.tmpl": '"""${name}_scene costs $$5."""\n',
        },
    )
    written = render(template, tmp_path / "shot", {"name": "shot"})

    assert written == (tmp_path / "shot/shot/deep/shot_scene.py",)
    assert written[0].read_text(encoding="utf-8") == '"""shot_scene costs $5."""\n'


def test_every_placeholder_without_a_value_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    template = skeleton(
        tmp_path / "template",
        {"a.py.tmpl": "one\n$studio $name\n", "b.md.tmpl": "${show}\n costs 5$\n"},
    )
    with pytest.raises(InvalidTemplate) as caught:
        render(template, tmp_path / "shot", {"name": "shot"})

    assert caught.value.problems == (
        "a.py:2: no value for $studio",
        "b.md:1: no value for $show",
        "b.md:2: a single $ (write $$)",
    )
    assert {path.name for path in tmp_path.iterdir()} == {"template"}


def test_an_empty_skeleton_is_refused(tmp_path: Path) -> None:
    template = skeleton(tmp_path / "template", {"__init__.py": ""})
    with pytest.raises(InvalidTemplate, match=r"no file that ends in \.tmpl"):
        render(template, tmp_path / "shot", {"name": "shot"})


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hero_model").mkdir()
    (tmp_path / "hero_model/work.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PathExists):
        render(TEMPLATES / "code", tmp_path / "hero_model", VALUES)

    assert [path.name for path in tmp_path.rglob("*")] == ["hero_model", "work.txt"]


def test_a_place_that_cannot_hold_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotWritable):
        render(TEMPLATES / "code", tmp_path / "file/hero_model", VALUES)
