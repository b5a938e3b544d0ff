"""Trees as a notation of the `path` service."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from pipl_pipe.errors import InvalidCatalog, MissingFields, NotOnThisSystem
from pipl_pipe.path import document
from pipl_pipe.path.library import Library, open_file
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.partout.notation import partout
from pipl_pipe.path.service import Paths


def source(tree: Any, name: str = "test", **roots: Dict[str, str]) -> Source:
    return Source(name, document.from_plain(tree, name), None, roots)


def service(*sources: Source) -> Paths:
    return Paths(lambda: ([partout(sources, "linux")], []))


TREE = {"/mnt/show": {"{{shot}}": {"pub": "{{name}}.v{{version:3}}.ma", "shot": ""}}}


def test_labels_are_templates() -> None:
    paths = service(source(TREE))
    path = "/mnt/show/sh010/main.v003.ma"
    template = paths.template_from_path(path)
    assert template is paths.templates["pub"]
    assert template.get_fields(path) == {"shot": "sh010", "name": "main", "version": "003"}
    assert template.apply_fields({"shot": "sh010", "name": "main", "version": 3}) == path
    assert list(template.keys) == ["shot", "name", "version"]
    assert template.missing_keys({"shot": "x"}) == ["name", "version"]
    with pytest.raises(MissingFields, match="name"):
        template.apply_fields({"shot": "x"})
    assert paths.template_from_path("/mnt/show/sh010").name == "shot"
    assert paths.template_from_path("/mnt/Show/sh010") is None


def test_a_path_on_a_drive_is_found_whatever_its_case_and_slashes() -> None:
    paths = service(source({"p:": {"{{shot}}": {"file": "{{name}}.ma"}}}))
    for path in ("P:\\sh010\\a.ma", "p:/sh010/a.ma"):
        assert paths.template_from_path(path).name == "file"
        assert paths.templates["file"].get_fields(path) == {"shot": "sh010", "name": "a"}


def test_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "sh010").mkdir()
    for name in ("a.v001.ma", "a.v002.ma", "b.v001.ma", "c.txt"):
        (tmp_path / "sh010" / name).touch()
    paths = service(source({str(tmp_path): TREE["/mnt/show"]}))
    found = paths.paths_from_template(paths.templates["pub"], {"shot": "sh010", "version": 1})
    assert sorted(found) == [str(tmp_path / "sh010" / one) for one in ("a.v001.ma", "b.v001.ma")]
    assert Library(paths.templates).find("shot", {}) == [str(tmp_path / "sh010")]


def test_files_on_a_drive_are_not_looked_for_here() -> None:
    library = Library(partout([source({"p:": {"{{shot}}": {"a": ""}}})], "linux"))
    with pytest.raises(NotOnThisSystem):
        library.find("a", {})


def test_later_sources_win_by_label() -> None:
    later = source({"/mnt/show": {"{{shot}}": {"pub": "{{name}}.mb"}}}, "later")
    paths = service(source(TREE), later)
    assert paths.templates["pub"].definition == "/mnt/show/{{shot}}/{{name}}.mb"
    assert "shot" in paths.templates


def test_roots_come_from_the_entry_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"{{root:work}}": {"{{shot}}": {"a": ""}}}
    with pytest.raises(InvalidCatalog, match="there is no root 'work'"):
        partout([source(tree)], "linux")
    monkeypatch.setenv("PATH_PARTOUT_ROOTS", "work=/mnt/environment")
    assert partout([source(tree)], "linux")["a"].definition == "/mnt/environment/{{shot}}"
    given = source(tree, work={"linux": "/mnt/entry", "win32": "P:"})
    assert partout([given], "linux2")["a"].definition == "/mnt/entry/{{shot}}"
    assert partout([given], "win32")["a"].definition == "P:/{{shot}}"


def test_problems_of_all_sources_are_listed() -> None:
    with pytest.raises(InvalidCatalog) as caught:
        partout([source({"p:": {"{": {}}}, "one"), source({"p:": {"}": {}}}, "two")], "linux")
    assert len(caught.value.problems) == 2


def test_a_file_brings_the_files_linked_to_it(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text(
        f'"/a":\n  "{{{{x}}}}":\n    a: ""\nlinked: ["{tmp_path}/b.conf"]\n'
    )
    (tmp_path / "b.conf").write_text(
        f'"/b":\n  "{{{{x}}}}":\n    b: ""\nlinked: ["{tmp_path}/a.conf"]\n'
    )
    assert list(open_file(tmp_path / "a.conf", "linux", {}).names()) == ["a", "b"]
