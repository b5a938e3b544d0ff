"""Frame sequences: the same as fileseq finds, and what a user asks of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipl_pipe.path import sequences
from pipl_pipe.path.sequences import FrameSequence, frame_numbers, grouped, padded, padding_width

fileseq = pytest.importorskip("fileseq")

PIECES = ["sh010", "beauty", "v1", "v003", ".", "_", "-", "1", "7", "0001", "1001", "10000", "a2b"]
LONG = re.compile(r"\d{18}")
NAMES = st.builds(
    "".join,
    st.tuples(
        st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
        st.sampled_from(["", ".exr", ".tar.gz", ".mp4", ".7z", ".1001", ".b2.exr"]),
    ),
).filter(lambda name: name.strip(".") and name not in ("-",) and not LONG.search(name))


def texts(found: list[FrameSequence]) -> list[str]:
    return [str(one) for one in found]


def touch(folder: Path, *names: str) -> str:
    for name in names:
        (folder / name).touch()
    return str(folder)


class TestSameAsFileseq:
    @given(name=NAMES)
    def test_it_takes_a_name_apart_as_fileseq_does(self, name: str) -> None:
        (theirs,) = fileseq.findSequencesInList([name])
        assert texts(grouped([name])) == [str(theirs)]

    @given(names=st.sets(NAMES, max_size=12))
    def test_neighbours_do_not_change_how_a_name_is_taken_apart(self, names: set[str]) -> None:
        """One folder at a time, as many sequences; the trick for neighbours must never bend it."""
        parts = {(one.head, one.tail, frame) for one in grouped(names) for frame in one.frames}
        alone = {(s.head, s.tail, f) for name in names for s in grouped([name]) for f in s.frames}
        assert parts == alone

    @given(
        st.lists(st.integers(-50, 20000), min_size=1, max_size=30, unique=True),
        st.sampled_from([1, 2, 4, 5]),
    )
    def test_frames_of_one_padding_are_one_sequence(self, frames: list[int], width: int) -> None:
        names = [f"a.{frame:0{width}d}.exr" for frame in frames]
        theirs = {str(one) for one in fileseq.findSequencesInList(names)}
        if width == 1 or len({len(name) for name in names}) == 1:
            assert set(texts(grouped(names))) == theirs
        else:
            ours = {frame for one in grouped(names) for frame in one.frames}
            assert ours == set(frames)

    def test_on_disk(self, tmp_path: Path) -> None:
        folder = touch(
            tmp_path,
            *(f"beauty.{frame:04d}.exr" for frame in range(990, 1010)),
            *(f"mask_{frame}.png" for frame in range(1, 20, 2)),
            *(f"depth.{frame:03d}.tif" for frame in (1, 2, 5)),
            "notes.txt", "README", "sh010_v003.nk", "x.1001", "img2.v1.exr", "a-5.exr",
        )  # fmt: skip
        theirs = fileseq.findSequencesOnDisk(folder)
        assert sorted(texts(sequences.scan(folder))) == sorted(map(str, theirs))


class TestScan:
    def test_folders_and_hidden_files_are_not_frames(self, tmp_path: Path) -> None:
        (tmp_path / "cache.0001.exr").mkdir()
        folder = touch(tmp_path, ".a.0001.exr", "a.0002.exr")
        assert [one.frames for one in sequences.scan(folder)] == [(2,)]
        assert [one.frames for one in sequences.scan(folder, hidden=True)] == [(1,), (2,)]

    def test_an_empty_folder_holds_none(self, tmp_path: Path) -> None:
        assert sequences.scan(str(tmp_path)) == []

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(OSError):
            sequences.scan(str(tmp_path / "nowhere"))

    def test_the_result_does_not_depend_on_the_order_of_names(self) -> None:
        """fileseq's does here: a frame that fits both paddings goes to either."""
        names = ["a.0998.exr", "a.1000.exr", "a.1.exr"]
        assert (
            texts(grouped(names)) == texts(grouped(names[::-1])) == ["a.1@.exr", "a.998,1000#.exr"]
        )

    def test_padding_overflows(self) -> None:
        (one,) = grouped(["a.0999.exr", "a.1000.exr", "a.10000.exr"])
        assert (one.width, one.frames, str(one)) == (4, (999, 1000, 10000), "a.999-1000,10000#.exr")

    def test_a_number_longer_than_frames_can_be_is_part_of_the_name(self) -> None:
        names = ["a.0001.exr", f"a.{'7' * 30}.exr", f"{'7' * 30}.exr"]
        assert texts(grouped(names)) == [f"{'7' * 30}.exr", "a.1#.exr", f"a.{'7' * 30}.exr"]

    def test_a_name_of_10_000_digits_is_no_frame(self) -> None:
        (one,) = grouped(["1" * 10_000])
        assert (one.head, one.frames) == ("1" * 10_000, ())

    def test_a_line_break_in_a_name_is_part_of_it(self) -> None:
        assert [one.frames for one in grouped(["a\n.1.exr", "a\n.2.exr"])] == [(1, 2)]


class TestSequence:
    SEQUENCE = FrameSequence("/r", "a.", (1001, 1002, 1005), 4, ".exr")

    def test_what_is_missing(self) -> None:
        assert self.SEQUENCE.gaps == (range(1003, 1005),)
        assert FrameSequence("", "a", (), 0, ".txt").gaps == ()

    def test_a_date_among_the_frames_costs_nothing(self) -> None:
        (one,) = grouped(["a.1.exr", "a.20261121120000.exr"])
        assert list(map(len, one.gaps)) == [20261121119998]

    @pytest.mark.parametrize(
        ("style", "basename"),
        [("%d", "a.%04d.exr"), ("#", "a.####.exr"), ("@", "a.@@@@.exr"), ("$F", "a.$F4.exr")],
    )
    def test_patterns_of_applications(self, style: str, basename: str) -> None:
        assert self.SEQUENCE.pattern(style) == basename

    def test_the_name_of_a_frame(self) -> None:
        assert self.SEQUENCE.basename(7) == "a.0007.exr"

    def test_as_fileseq(self) -> None:
        theirs = self.SEQUENCE.to_fileseq()
        assert list(theirs.frameSet()) == [1001, 1002, 1005]
        assert str(theirs) == str(self.SEQUENCE) == "/r/a.1001-1002,1005#.exr"

    def test_no_number_no_pattern(self) -> None:
        (one,) = grouped(["notes.txt"])
        assert (one.pattern(), one.ranges, str(one)) == ("notes.txt", "", "notes.txt")


@pytest.mark.parametrize("style", ["%d", "#", "@", "$F"])
@pytest.mark.parametrize("width", [1, 3, 4, 12])
def test_paddings_are_read_back(style: str, width: int) -> None:
    assert padding_width(padded(width, style)) == width


def test_what_is_no_padding() -> None:
    assert [padding_width(text) for text in ("", "%s", "#@", "$G", "4")] == [None] * 5
    with pytest.raises(ValueError, match="not a style of padding"):
        padded(4, "%x")


def test_ranges_are_read_by_fileseq() -> None:
    assert frame_numbers("1-5,10-14x2") == (1, 2, 3, 4, 5, 10, 12, 14)
    with pytest.raises(ValueError, match="not a range of frames"):
        frame_numbers("1-x")
