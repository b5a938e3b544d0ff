from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict

import pytest

from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import of_bytes
from pipl_pipe.asset.manifest import Entry, Manifest
from pipl_pipe.errors import AssetDamaged, AssetRefused

GOOD: Dict[str, Any] = {
    "path": "maps/a.exr", "size": 3, "mode": "644", "digest": str(of_bytes(b"red")),
}  # fmt: skip


def content(*files: Any, **changes: Any) -> bytes:
    return json.dumps({"format": manifest.FORMAT, "files": list(files), **changes}).encode()


def parse(raw: bytes) -> Manifest:
    return manifest.parse(raw, revision="sha256:x", where="the store")


def test_what_is_rendered_is_read_again() -> None:
    entries = (Entry("b", 1, 0o755, of_bytes(b"b")), Entry("a/ö", 2, 0o644, of_bytes(b"aa")))
    whole = Manifest(tuple(sorted(entries, key=lambda one: one.path)))
    assert parse(whole.render()) == whole
    assert Manifest(entries).render() == whole.render(), "order does not matter"
    assert whole.size == 3


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../x"},
        {"path": "/x"},
        {"path": "a//b"},
        {"path": "a/./b"},
        {"path": "a/"},
        {"path": "a\\b"},
        {"path": "new\nline"},
        {"path": "/".join("a" * 100)},
        {"path": 3},
        {"size": -1},
        {"size": "3"},
        {"mode": "4755"},
        {"mode": ["644"]},
        {"digest": "sha256:zz"},
        {"digest": None},
    ],
    ids=str,
)
def test_a_hostile_entry_is_refused(change: Dict[str, Any]) -> None:
    with pytest.raises(AssetDamaged, match="the store"):
        parse(content({**GOOD, **change}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        content(format="pipl-manifest/9"),
        content(files={"a": 1}),
        content(GOOD, GOOD),
        content(GOOD, {**GOOD, "path": "MAPS/b.exr"}),
        content(GOOD, {**GOOD, "path": "maps"}),
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(AssetDamaged):
        parse(raw)


def test_a_bomb_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MAX_FILES", 3)
    with pytest.raises(AssetDamaged, match="more than 3 files"):
        parse(content(*({**GOOD, "path": str(n)} for n in range(4))))
    monkeypatch.setattr(manifest, "MAX_BYTES", 10)
    with pytest.raises(AssetDamaged, match="larger than 10 bytes"):
        parse(content(GOOD))


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("b/2", "b/1", "a"):
        (tmp_path / name).write_bytes(b"x")
    assert [name for name, _ in manifest.walk(tmp_path)] == ["a", "b/1", "b/2"]


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be made on Windows")
@pytest.mark.parametrize("name", [b"new\nline", b"invalid \xff utf-8", b"a:b", b"aux"], ids=repr)
def test_names_that_other_systems_lack_are_refused(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    with pytest.raises(AssetRefused):
        manifest.walk(tmp_path)
