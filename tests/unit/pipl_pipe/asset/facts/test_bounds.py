from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pipl_pipe.asset.facts import bounds

GOOD = {"resolution": [1920, 1080], "format": "openexr", "deep": False, "aspect": 1.5, "of": None}


def test_scalars_and_lists_are_facts() -> None:
    assert bounds.problems_of(GOOD) == []
    assert bounds.bounded(GOOD) == (dict(sorted(GOOD.items())), ())


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        "text",
        {"Name": 1},
        {"a b": 1},
        {"": 1},
        {"a\n": 1},
        {7: 1},
        {"a": {}},
        {"a": [[1]]},
        {"a": math.nan},
        {"a": math.inf},
        {"a": 1 << 60},
        {"a": "\x1b[2J"},
        {"a": "\u202egnp.exe"},
        {"a": ["two\nlines"]},
        {"a": "\ud800"},
        {"a": "x" * 5000},
        {"a": [0] * 5000},
        {"a": ["x" * 1000] * 4},
        {f"n{number}": 1 for number in range(65)},
    ],
    ids=lambda facts: str(facts)[:40],
)
def test_what_a_wheel_may_not_say_is_refused(facts: Any) -> None:
    assert bounds.problems_of(facts) != []
    kept, notes = bounds.bounded(facts)
    assert notes
    assert bounds.problems_of(kept) == []


def test_the_fit_ones_stay() -> None:
    kept, notes = bounds.bounded({"a": 1, "b": math.nan, "c": (1, 2)})
    assert kept == {"a": 1, "c": [1, 2]}
    assert len(notes) == 1
    assert "b" in notes[0]


def test_what_does_not_fit_any_more_is_left_out() -> None:
    kept, notes = bounds.bounded({"long": "x" * 3900, "other": "y" * 200, "short": 1})
    assert list(kept) == ["long", "short"]
    assert "other" in notes[0]
    assert len(json.dumps(kept)) <= bounds.MAX_BYTES


def test_texts_of_files_are_made_plain() -> None:
    assert bounds.plain("a\x1b[2J\nb") == "a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}b"
    assert bounds.plain("x" * 300) == "x" * 199 + "…"
    assert bounds.plain("x" * 200) == "x" * 200
