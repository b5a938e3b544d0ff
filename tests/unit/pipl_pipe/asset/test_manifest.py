from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest, of_bytes
from pipl_pipe.asset.manifest import Entry, Manifest
from pipl_pipe.errors import AssetDamaged

HEX = of_bytes(b"red").hex
GOOD: List[Any] = ["maps/a", 3, "644", HEX]
FRAMES: Dict[str, Any] = {
    "head": "beauty.", "digits": 4, "tail": ".exr", "mode": "644",
    "range": "1001-1002,1005", "sizes": [[3, 2], [7, 1]], "digests": HEX * 3,
}  # fmt: skip


def content(*files: Any, **changes: Any) -> bytes:
    document = {"format": manifest.FORMAT, "algorithm": "blake3", "files": files, "frames": []}
    return json.dumps({**document, **changes}).encode()


def parse(raw: bytes) -> Manifest:
    return manifest.parse(raw, revision="sha256:x", where="the store")


def entry(path: str, size: int = 3, mode: int = 0o644) -> Entry:
    return Entry(path, size, mode, of_bytes(path.encode()))


def test_what_is_rendered_is_read_again() -> None:
    entries = (entry("b", mode=0o755), entry("a/ö"))
    whole = manifest.made(entries)
    assert [one.path for one in whole.entries] == ["a/ö", "b"]
    assert parse(whole.render()) == whole
    assert Manifest(entries).render() == whole.render(), "order does not matter"
    assert whole.size == 6


def test_frames_are_kept_as_ranges() -> None:
    names = [f"maps/beauty.{frame:04d}.exr" for frame in (9, 10, 11, 13)]
    entries = [entry(name, size=len(name)) for name in names]
    whole = manifest.made([*entries, entry("readme.txt"), entry("maps/other.0001.exr")])
    document = json.loads(whole.render())
    (frames,) = document["frames"]
    assert frames["head"] == "maps/beauty."
    assert frames["range"] == "9-11,13"
    assert frames["sizes"] == [[len(names[0]), 4]]
    assert [one[0] for one in document["files"]] == ["maps/other.0001.exr", "readme.txt"]
    assert parse(whole.render()) == whole


@pytest.mark.parametrize(
    "names",
    [
        ["a.9.exr", "a.10.exr", "a.011.exr", "a.12.exr"],
        ["a.1.exr", "a.2.exr", "b.1.exr", "b.2.exr", "1.exr", "2.exr"],
        ["x/1.exr", "x/2.exr", "y/1.exr", "x1.exr", "x2.exr"],
        ["v1.2.exr", "v1.3.exr", "v2.2.exr", "0000000001.exr", "0000000002.exr"],
        ["1", "2", ".1.exr", ".2.exr", "a.1.b.2.exr", "a.1.b.3.exr"],
    ],
)
def test_every_numbering_comes_back(names: List[str]) -> None:
    whole = manifest.made(map(entry, names))
    assert parse(whole.render()) == whole
    assert manifest.made(reversed(whole.entries)).render() == whole.render()


def test_20_000_frames_take_little_more_than_their_digests() -> None:
    whole = manifest.made(entry(f"beauty.{frame}.exr") for frame in range(10000, 30000))
    assert len(whole.render()) < 20_000 * 64 + 300


@pytest.mark.parametrize(
    "change",
    [
        {0: "../x"},
        {0: "/x"},
        {0: "a//b"},
        {0: "a/./b"},
        {0: "a/"},
        {0: "a\\b"},
        {0: "new\nline"},
        {0: "/".join("a" * 100)},
        {0: "aux"},
        {0: 3},
        {1: -1},
        {1: "3"},
        {1: 1 << 61},
        {2: "4755"},
        {2: ["644"]},
        {3: "zz"},
        {3: HEX.upper()},
        {3: None},
    ],
    ids=str,
)
def test_a_hostile_entry_is_refused(change: Dict[int, Any]) -> None:
    with pytest.raises(AssetDamaged, match="the store"):
        parse(content([change.get(at, value) for at, value in enumerate(GOOD)]))


@pytest.mark.parametrize(
    "change",
    [
        {"range": "1-1000000000"},
        {"range": "1002-1001,5"},
        {"range": "1001,1001,1002"},
        {"range": ""},
        {"range": 5},
        {"sizes": [[3, 1_000_000_000]]},
        {"sizes": [[3, 2]]},
        {"sizes": [[-3, 3]]},
        {"sizes": [[3, 0], [3, 3]]},
        {"sizes": 3},
        {"digests": HEX * 2},
        {"digests": HEX * 3 + "0"},
        {"digests": "x" * 192},
        {"digits": 0},
        {"digits": 100_000_000},
        {"digits": True},
        {"head": "../"},
        {"head": "/"},
        {"head": None},
        {"tail": "/../x"},
        {"mode": 644},
    ],
    ids=str,
)
def test_hostile_frames_are_refused(change: Dict[str, Any]) -> None:
    assert len(parse(content(frames=[FRAMES])).entries) == 3
    with pytest.raises(AssetDamaged, match="the store"):
        parse(content(frames=[{**FRAMES, **change}]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        content(format="pipl-manifest/9"),
        content(algorithm="md5"),
        content(algorithm=["blake3"]),
        content(files={"a": 1}),
        content(frames=[1]),
        content(GOOD, GOOD),
        content(GOOD, ["MAPS/b", *GOOD[1:]]),
        content(GOOD, ["maps", *GOOD[1:]]),
        content(["e\u0301", *GOOD[1:]], ["\u00e9", *GOOD[1:]]),
        content(["beauty.1001.exr", *GOOD[1:]], frames=[FRAMES]),
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(AssetDamaged):
        parse(raw)


def test_a_bomb_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MAX_FILES", 3)
    with pytest.raises(AssetDamaged, match="more than 3 files"):
        parse(content(*([str(number), *GOOD[1:]] for number in range(4))))
    with pytest.raises(AssetDamaged, match="more than 3 files"):
        parse(content(GOOD, frames=[FRAMES]))
    monkeypatch.setattr(manifest, "MAX_BYTES", 10)
    with pytest.raises(AssetDamaged, match="larger than 10 bytes"):
        parse(content(GOOD))


def test_the_algorithm_of_all_digests_is_said_once() -> None:
    whole = manifest.made([Entry("a", 1, 0o644, Digest("sha256", HEX))])
    assert parse(whole.render()).entries[0].digest == Digest("sha256", HEX)
