"""The record of wheels is a cache: it may be lost, damaged, or unwritable."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.asset.marks import record


def test_what_was_kept_is_known_next_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "record.sqlite3"
    with record.opened(path) as one:
        one.keep("aa", "text")
        one.keep("bb", None)
    with record.opened(path) as again:
        assert again.known(["aa", "bb", "cc"]) == {"aa": "text", "bb": None}
        assert list(again.texts()) == ["text"]


@pytest.mark.parametrize("content", [b"nonsense" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_one_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "record.sqlite3"
    path.write_bytes(content)
    with record.opened(path) as one:
        assert one.known(["aa"]) == {}
        one.keep("aa", "text")
    with record.opened(path) as again:
        assert again.known(["aa"]) == {"aa": "text"}


def test_a_place_that_cannot_be_written_costs_the_record_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with record.opened(tmp_path / "file" / "record.sqlite3") as one:
        one.keep("aa", "text")
        assert one.known(["aa"]) == {"aa": "text"}
