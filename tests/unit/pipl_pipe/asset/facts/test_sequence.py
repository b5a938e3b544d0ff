from __future__ import annotations

from typing import Dict, List

import pytest

from pipl_pipe.asset.facts import sequence
from pipl_pipe.asset.facts.bounds import Fact, problems_of


def facts_of(*numbers: int) -> Dict[str, Fact]:
    return sequence.facts_of(sequence.frames_in(f"a.{number:04}.exr" for number in numbers))


def test_first_last_count_and_padding() -> None:
    names = ["b_v2.0099.exr", "b_v2.0100.exr", "b_v2.0098.exr"]
    assert sequence.facts_of(sequence.frames_in(names)) == {
        "first_frame": 98, "last_frame": 100, "frame_count": 3, "frame_padding": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "missing", "count"),
    [
        ([1, 2, 4], "3", 1),
        ([1001, 1005, 1006], "1002-1004", 3),
        ([1, 3, 4, 8], "2,5-7", 4),
        ([1, 10], "2-9", 8),
        ([1, 10**9], "2-999999999", 10**9 - 2),
        ([1, 3, 7, 9], "5", 1),
    ],
)
def test_missing_frames_are_told_as_ranges(numbers: List[int], missing: str, count: int) -> None:
    facts = facts_of(*numbers)
    assert (facts["missing_frames"], facts["missing_frame_count"]) == (missing, count)


def test_a_sequence_on_twos_misses_nothing() -> None:
    facts = facts_of(1001, 1003, 1005, 1007)
    assert facts["frame_step"] == 2
    assert "missing_frames" not in facts


def test_a_single_frame() -> None:
    facts = facts_of(7)
    assert (facts["first_frame"], facts["last_frame"], facts["frame_count"]) == (7, 7, 1)


def test_unpadded_frames() -> None:
    assert sequence.frames_in(["a.9.exr", "a.10.exr", "a.1.exr"]) == {
        1: "a.1.exr", 9: "a.9.exr", 10: "a.10.exr",
    }  # fmt: skip
    names = sequence.frames_in(["a.9.exr", "a.10.exr"])
    assert sequence.facts_of(names)["frame_padding"] == 1


def test_gaps_without_end_stay_bounded() -> None:
    facts = facts_of(*(number * number for number in range(1, 2000)))
    assert len(str(facts["missing_frames"])) < 300
    assert str(facts["missing_frames"]).endswith("…")
    assert problems_of(facts) == []


def test_what_is_no_frame_counts_for_nothing() -> None:
    assert sequence.frames_in(["notes", "a." + "9" * 200 + ".exr"]) == {}
    assert sequence.facts_of({}) == {}
