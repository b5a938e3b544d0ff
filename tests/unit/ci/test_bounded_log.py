"""A log keeps its beginning and its end, whatever is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.ci.bounded_log import BoundedLog


def written(path: Path, *pieces: bytes, head: int = 10, tail: int = 10) -> bytes:
    log = BoundedLog(path, head=head, tail=tail)
    for piece in pieces:
        log.write(piece)
    log.close()
    return path.read_bytes()


def test_what_is_short_is_kept_as_it_is(tmp_path: Path) -> None:
    assert written(tmp_path / "log", b"0123", b"456789") == b"0123456789"


@pytest.mark.parametrize("size", [1, 3, 7, 40])
def test_beginning_and_end_are_kept_whatever_the_pieces(tmp_path: Path, size: int) -> None:
    text = bytes(range(48, 48 + 40))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    kept = written(tmp_path / "log", *pieces)
    assert kept.startswith(text[:10] + b"\n--- a long log")
    assert kept.endswith(b"--- 20 bytes are left out here\n" + text[-10:])


def test_nothing_is_said_to_be_left_out_where_all_fits(tmp_path: Path) -> None:
    kept = written(tmp_path / "log", b"0123456789abcdefghij")
    assert kept.endswith(b"\nabcdefghij")
    assert b"left out" not in kept


def test_the_beginning_is_there_before_the_log_is_closed(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log", head=10, tail=10)
    log.write(b"soon")
    assert (tmp_path / "log").read_bytes() == b"soon"
    log.close()


def test_another_attempt_adds_to_what_is_there(tmp_path: Path) -> None:
    written(tmp_path / "log", b"first ")
    assert written(tmp_path / "log", b"second") == b"first second"


def test_a_full_disk_stops_nobody() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    log = BoundedLog(full)
    log.write(b"lost")
    log.close()
