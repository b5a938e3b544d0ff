"""The record of what a remote holds; losing it costs time only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.remotes.bucket.known import Known
from pipl_pipe.asset.remotes.bucket.whereabouts import LOOSE, PARTED, Spot

DIGESTS = [Digest("blake3", f"{number:064x}") for number in range(2500)]
PACK = "ab" * 32


@pytest.fixture
def known(tmp_path: Path) -> Known:
    return Known(tmp_path / "records", "s3://bucket")


def test_what_is_noted_is_known(known: Known) -> None:
    spots = {digest: Spot(PACK, number * 50) for number, digest in enumerate(DIGESTS)}
    spots[DIGESTS[0]], spots[DIGESTS[1]] = LOOSE, PARTED
    known.note(spots)
    assert known.spots(DIGESTS) == spots
    assert known.packs() == set()
    known.note({DIGESTS[3]: Spot(PACK, 7)}, whole=PACK)
    assert known.packs() == {PACK}
    assert known.spots(DIGESTS[3:4]) == {DIGESTS[3]: Spot(PACK, 7)}


def test_what_is_forgotten_is_unknown(known: Known) -> None:
    known.note({DIGESTS[0]: LOOSE, DIGESTS[1]: Spot(PACK, 12), DIGESTS[2]: LOOSE}, whole=PACK)
    known.forget([DIGESTS[0]], [PACK])
    assert known.spots(DIGESTS[:3]) == {DIGESTS[2]: LOOSE}
    assert known.packs() == set()


def test_remotes_have_records_of_their_own(known: Known, tmp_path: Path) -> None:
    known.note({DIGESTS[0]: LOOSE})
    assert Known(tmp_path / "records", "s3://other").spots(DIGESTS[:1]) == {}
    assert Known(tmp_path / "records", "s3://bucket").spots(DIGESTS[:1]) == {DIGESTS[0]: LOOSE}


def test_without_a_folder_nothing_is_known() -> None:
    known = Known(None, "s3://bucket")
    known.note({DIGESTS[0]: LOOSE})
    known.forget(DIGESTS)
    assert (known.spots(DIGESTS), known.packs()) == ({}, set())


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"\x00" * 2000])
def test_a_broken_record_is_begun_anew(known: Known, content: bytes) -> None:
    assert known.path is not None
    known.path.parent.mkdir()
    known.path.write_bytes(content)
    assert known.spots(DIGESTS) == {}
    known.note({DIGESTS[0]: LOOSE})
    known.note({DIGESTS[0]: LOOSE})
    assert known.spots(DIGESTS) == {DIGESTS[0]: LOOSE}


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    known = Known(tmp_path / "file" / "records", "s3://bucket")
    known.note({DIGESTS[0]: LOOSE})
    assert known.spots(DIGESTS) == {}


def test_threads_share_it(known: Known) -> None:
    def note(number: int) -> None:
        known.note({DIGESTS[number]: Spot(f"{number:064x}", number)}, whole=f"{number:064x}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(note, range(40)))
    assert len(known.spots(DIGESTS)) == 40
    assert len(known.packs()) == 40
