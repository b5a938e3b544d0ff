"""Files are read once, and again when they change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

import pytest

from pipl_pipe.path.document import Node
from pipl_pipe.path.notations import partout
from pipl_pipe.path.notations.partout import current
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.files import DiskFiles
from pipl_pipe.path.notations.partout.lookup import Lookup


class Counting(DiskFiles):
    """The disk, counting what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: List[str] = []

    def read(self, path: DiskPath) -> Node:
        self.names.append(path.names[-1])
        return super().read(path)


def config(folder: Path, label: str, linked: str = "") -> str:
    links = f'linked: ["{linked}"]\n' if linked else ""
    return f'"{folder}":\n  "{{{{show}}}}":\n    {label}: ""\n{links}'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    other = tmp_path / "other.conf"
    (tmp_path / "path_partout.conf").write_text(config(tmp_path, "one", str(other)))
    other.write_text(config(tmp_path, "two"))
    return tmp_path


def labels(lookup: Lookup, place: Path) -> List[str]:
    return list(lookup.of(str(place / "show")).labels)


def test_unchanged_files_are_read_once(place: Path) -> None:
    files = Counting()
    lookup = Lookup(files, (), {})
    first = lookup.of(str(place / "show"))
    assert lookup.of(str(place / "show/deep/er")) is first
    assert files.names == ["path_partout.conf", "other.conf"]


@pytest.mark.parametrize("changed", ["path_partout.conf", "other.conf"])
def test_a_changed_file_is_read_again(place: Path, changed: str) -> None:
    lookup = Lookup(DiskFiles(), (), {})
    assert labels(lookup, place) == ["one", "two"]
    text = (place / changed).read_text()
    (place / changed).write_text(text.replace("one:", "uno:").replace("two:", "due:"))
    assert labels(lookup, place) == (["uno", "two"] if changed[0] == "p" else ["one", "due"])


def test_a_file_replaced_by_one_as_old_and_as_long_is_read_again(place: Path) -> None:
    lookup = Lookup(DiskFiles(), (), {})
    assert labels(lookup, place) == ["one", "two"]
    file, new = place / "path_partout.conf", place / "new"
    new.write_text(file.read_text().replace("one:", "uno:"))
    stat = file.stat()
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    new.replace(file)
    assert labels(lookup, place) == ["uno", "two"]


def test_a_file_that_appears_nearer_is_seen(place: Path) -> None:
    lookup = Lookup(DiskFiles(), (), {})
    assert labels(lookup, place) == ["one", "two"]
    (place / "show").mkdir()
    (place / "show/path_partout.conf").write_text(config(place, "near"))
    assert labels(lookup, place) == ["near"]


def test_a_folder_of_that_name_is_no_configuration(place: Path) -> None:
    (place / "show/path_partout.conf").mkdir(parents=True)
    assert labels(Lookup(DiskFiles(), (), {}), place) == ["one", "two"]


def test_without_cache_every_call_reads(place: Path) -> None:
    files = Counting()
    lookup = Lookup(files, (), {}, keep=False)
    lookup.of(str(place / "show"))
    lookup.of(str(place / "show"))
    assert len(files.names) == 4


class TestEnvironment:
    def test_the_cache_is_on_unless_another_value_is_set(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(current.CACHE, raising=False)
        made = current.lookup()
        assert current.lookup() is made
        for value, keeps in (("true", True), ("false", False), ("1", False)):
            monkeypatch.setenv(current.CACHE, value)
            assert current.lookup()._keep is keeps

    def test_configuration_folders(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: Path
    ) -> None:
        filed = tmp_path / "filed" / "deep"
        filed.mkdir(parents=True)
        (filed / "a.conf").write_text(f'scopes: ["{tmp_path}/show"]\n' + config(tmp_path, "filed"))
        (filed / "a.txt").write_text("no configuration")
        monkeypatch.setenv(current.FOLDERS, f"{tmp_path}/filed;{tmp_path}/nowhere")
        found = partout.tree.get_from_path(str(tmp_path / "show"))
        assert found.available_labels == ["filed"]
        partout.config_folders.set_paths([])
        try:
            assert partout.tree.get_from_path(str(tmp_path / "show")).available_labels == [
                "one",
                "two",
            ]
        finally:
            partout.config_folders.set_paths(None)

    def test_roots(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        text = '"{{root:show}}":\n  "{{name}}":\n    a: ""\n'
        (tmp_path / "path_partout.conf").write_text(text)
        for root in (tmp_path / "a", tmp_path / "b"):
            monkeypatch.setenv(current.ROOTS, f"show={root}")
            tree_path = partout.tree.get_from_label("a", str(root / "hero"))
            assert tree_path.info == {"name": "hero"}
