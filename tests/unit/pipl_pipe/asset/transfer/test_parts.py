from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pipl_pipe.asset.digest import of_bytes
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.transfer.parts import Parts
from pipl_pipe.errors import AssetDamaged

CONTENT = b"0123456789"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = Parts(tmp_path / "store" / "tmp" / "partial" / "x" / "upload", len(CONTENT), 4)
    with made.held():
        return made


def take(parts: Parts, number: int) -> None:
    start, length = parts.range_of(number)
    parts.write(number, [CONTENT[start : start + 1], CONTENT[start + 1 : start + length]])


def test_what_is_missing(parts: Parts) -> None:
    assert parts.count == 3
    assert [parts.range_of(number) for number in range(3)] == [(0, 4), (4, 4), (8, 2)]
    assert parts.missing() == [(0, 3)]
    take(parts, 1)
    assert parts.missing() == [(0, 1), (2, 3)]
    assert Parts(parts.folder, parts.size, 4).missing() == [(0, 1), (2, 3)]
    take(parts, 2)
    take(parts, 1)
    take(parts, 0)
    assert parts.missing() == []


def test_the_whole_is_handed_over(parts: Parts, tmp_path: Path) -> None:
    store, digest = Objects(tmp_path / "store", "store"), of_bytes(CONTENT)
    for number in (2, 0, 1):
        take(parts, number)
    with store.batch() as batch:
        path = parts.hand_over(digest, batch, where="there")
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
        batch.keep(digest, path)
    assert store.path(digest).read_bytes() == CONTENT
    assert not parts.folder.exists()


def test_a_wrong_whole_starts_again(parts: Parts, tmp_path: Path) -> None:
    store = Objects(tmp_path / "store", "store")
    for number in range(3):
        take(parts, number)
    with store.batch() as batch, pytest.raises(AssetDamaged, match="there"):
        parts.hand_over(of_bytes(b"other"), batch, where="there")
    assert parts.missing() == [(0, 3)]
    assert list(store.digests()) == []


def test_a_part_that_was_cut_is_missing(parts: Parts) -> None:
    def cut() -> object:
        yield b"01"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        parts.write(0, cut())  # type: ignore[arg-type]
    assert parts.missing() == [(0, 3)]
