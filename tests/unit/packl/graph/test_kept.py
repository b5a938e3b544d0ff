"""The cache between commands: never wrong, never in the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipl.index.client import IndexConfig
from pipl.index.memory import MemoryIndex
from pipl.index.name import IndexName
from pipl.index.requirements import Moved, Requirements
from pipl.packl.graph import kept, rows
from pipl.packl.graph.rows import Rows
from pipl.testing.simple_index import make_wheel

INDEX = IndexName("root", "PROJ")


@pytest.fixture
def client(tmp_path: Path) -> MemoryIndex:
    client = MemoryIndex()
    client.log_in("root", "root")
    client.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
    wheel = make_wheel(tmp_path, "hero", "1.0", requires=["geo>=1"])
    client.upload(INDEX, wheel)
    return client


def test_what_is_kept_is_read_again(client: MemoryIndex, tmp_path: Path) -> None:
    found = kept.read(client, INDEX, tmp_path / "cache")
    (path,) = (tmp_path / "cache" / "requirements").iterdir()
    assert kept.load(path) == found
    assert found.packls["hero"].requires == ("geo>=1",)
    assert path.stat().st_mode & 0o077 == 0
    client.upload(INDEX, make_wheel(tmp_path, "hero", "1.1"))
    assert kept.read(client, INDEX, tmp_path / "cache").packls["hero"].version == "1.1"
    newer = kept.load(path)
    assert newer is not None
    assert newer.packls["hero"].version == "1.1"


@pytest.mark.parametrize("damage", [b"", b"{}", b"SQLite format 3\0", b"\xff" * 5000])
def test_a_damaged_file_does_not_count(client: MemoryIndex, tmp_path: Path, damage: bytes) -> None:
    whole = client.requirements(INDEX)
    kept.read(client, INDEX, tmp_path)
    (path,) = (tmp_path / "requirements").iterdir()
    text = path.read_bytes()
    for content in (damage, text[: len(text) // 2], text.replace(b'"hero"', b'"hera"')):
        path.write_bytes(content)
        assert kept.load(path) is None
        assert kept.read(client, INDEX, tmp_path) == whole
        assert kept.load(path) == whole


def test_who_reads_goes_on_while_others_write(client: MemoryIndex, tmp_path: Path) -> None:
    before = kept.read(client, INDEX, tmp_path)
    client.upload(INDEX, make_wheel(tmp_path, "prop", "1.0"))
    assert set(kept.read(client, INDEX, tmp_path).packls) == {"hero", "prop"}
    assert set(before.packls) == {"hero"}


def test_an_older_state_that_another_process_writes_is_not_taken_for_ours(
    client: MemoryIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = kept.read(client, INDEX, tmp_path)
    write = rows.write

    def write_and_be_overtaken(path: Path, found: Requirements) -> None:
        write(path, found)
        write(path, older)

    monkeypatch.setattr(rows, "write", write_and_be_overtaken)
    client.upload(INDEX, make_wheel(tmp_path, "hero", "1.1"))
    assert kept.read(client, INDEX, tmp_path).packls["hero"].version == "1.1"


def test_a_change_is_not_put_on_what_another_process_has_written(
    client: MemoryIndex, tmp_path: Path
) -> None:
    before = kept.read(client, INDEX, tmp_path)
    (path,) = (tmp_path / "requirements").iterdir()
    client.upload(INDEX, make_wheel(tmp_path, "hero", "1.1"))
    ours = client.requirements(INDEX, known=before)
    client.upload(INDEX, make_wheel(tmp_path, "prop", "1.0"))
    client.upload(INDEX, make_wheel(tmp_path, "hero", "1.2"))
    assert kept.read(client, INDEX, tmp_path).packls["hero"].version == "1.2"
    moved = Moved(before.packls, {"hero": ours.packls["hero"]}, frozenset())
    rows.write(path, replace(ours, packls=moved))
    now = Rows(path)
    assert {name: packl.version for name, packl in now.items()} == {"hero": "1.1"}


def test_where_nothing_can_be_kept(client: MemoryIndex, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    assert set(kept.read(client, INDEX, blocked).packls) == {"hero"}
    assert set(kept.graph(client, INDEX, None).packls) == {"hero"}
