"""Templates read back what they write, in every way that there is and no other."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Dict, List

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipl_pipe.errors import (
    AmbiguousPath,
    InvalidTemplate,
    MissingFields,
    PathError,
    PathMismatch,
    PathTooLong,
    UndecidedPath,
)
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.keys import IntegerKey, StringKey
from pipl_pipe.path.parts import Parts, Section, Slot, Text

from .by_trying import readings
from .templates import ALPHABET, definitions, fields

A, B, C = StringKey("a"), StringKey("b"), StringKey("c")
NUMBER = IntegerKey("n")


def read(parts: Parts, text: str) -> List[Dict[str, Any]]:
    """What `read` says, as the list of readings that it amounts to."""
    try:
        return [Compiled("t", parts).read(text)]
    except PathMismatch:
        return []
    except AmbiguousPath as fault:
        return [fault.first, fault.second]


def parts_have_unpadded_numbers(compiled: Compiled) -> bool:
    """Keys that read `007` as they read `7`."""
    keys = compiled.keys.values()
    return any(isinstance(key, IntegerKey) and not key.strict_matching for key in keys)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_was_written_is_read(data: st.DataObject) -> None:
    parts = data.draw(definitions())
    values = data.draw(fields(parts))
    compiled = Compiled("t", parts)
    text = compiled.write(values)
    found = compiled.readings(text, limit=1000)
    if not parts_have_unpadded_numbers(compiled):
        assert [one for one in found if compiled.write(one) == text] == found
    assert any(one.items() <= values.items() for one in found)
    try:
        assert [compiled.read(text)] == found
    except AmbiguousPath as fault:
        assert len(found) > 1
        assert fault.first in found and fault.second in found


@settings(max_examples=500, deadline=None)
@given(definitions(), st.text(ALPHABET, max_size=9))
def test_any_text_is_read_as_by_trying_everything(parts: Parts, text: str) -> None:
    expected = readings(parts, text)
    found = Compiled("t", parts).readings(text, limit=1000)
    assert len(found) == len(expected)
    assert all(one in expected for one in found)
    assert len(read(parts, text)) == min(len(expected), 2)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_text_near_a_written_one_is_read_as_by_trying_everything(data: st.DataObject) -> None:
    parts = data.draw(definitions(5))
    text = Compiled("t", parts).write(data.draw(fields(parts)))
    assume(0 < len(text) < 24)
    at = data.draw(st.integers(0, len(text) - 1))
    text = text[:at] + data.draw(st.sampled_from(["", *ALPHABET])) + text[at + 1 :]
    expected = readings(parts, text)
    found = read(parts, text)
    assert len(found) == min(len(expected), 2)
    assert all(one in expected for one in found)


@settings(max_examples=200, deadline=None)
@given(definitions(10), st.text(ALPHABET * 3 + "é\0\n", max_size=3000))
def test_no_text_takes_long(parts: Parts, text: str) -> None:
    compiled = Compiled("t", parts)
    compiled.fits("")
    started = time.thread_time()
    with contextlib.suppress(PathError):
        compiled.read(text)
    assert time.thread_time() - started < 0.5


HOSTILE = ["a" * 255, "a_" * 127, "_" * 255, "0" * 255, "a.v001" * 42, ".v" * 127]


@pytest.mark.parametrize("text", [f"{one}!" for one in HOSTILE] + HOSTILE)
@pytest.mark.parametrize("count", [2, 6, 12])
def test_hostile_texts_are_read_quickly(text: str, count: int) -> None:
    free = [StringKey(f"k{number}") for number in range(count)]
    apart = tuple(part for key in free for part in (Slot(key), Text("_")))
    beside = tuple(map(Slot, free))
    optional = (*(Section((Text("_"), Slot(key))) for key in free), Text(".ma"))
    for parts in (apart, beside, optional):
        compiled = Compiled("t", parts)
        compiled.fits("")
        started = time.thread_time()
        compiled.fits(text)
        assert time.thread_time() - started < 0.25


def test_twelve_sections_compile_in_no_time() -> None:
    free = [StringKey(f"k{number}") for number in range(12)]
    parts: Parts = (Slot(A), *(Section((Text("_"), Slot(key))) for key in free), Text(".ma"))
    started = time.thread_time()
    compiled = Compiled("t", parts)
    assert compiled.read("x.ma") == {"a": "x"}
    assert time.thread_time() - started < 0.25
    assert len(compiled.expression.text) < 4000


def test_twelve_sections_that_types_tell_apart_are_all_read() -> None:
    marks = "bcdefghijklm"
    keys = {mark: IntegerKey(mark) for mark in marks}
    sections = tuple(Section((Text(f"_{mark}"), Slot(key))) for mark, key in keys.items())
    compiled = Compiled("t", (Slot(NUMBER), *sections, Text(".ma")))
    every = {"n": 1, **{mark: number for number, mark in enumerate(marks)}}
    assert compiled.read(compiled.write(every)) == every
    some = {"n": 1, "d": 4, "m": 1}
    assert compiled.write(some) == "1_d4_m1.ma"
    assert compiled.read("1_d4_m1.ma") == some


class TestAmbiguity:
    def test_both_readings_are_told(self) -> None:
        with pytest.raises(AmbiguousPath) as caught:
            Compiled("t", (Slot(A), Text("_"), Slot(B))).read("x_y_z")
        both = [caught.value.first, caught.value.second]
        assert {"a": "x_y", "b": "z"} in both
        assert {"a": "x", "b": "y_z"} in both
        assert "x_y" in str(caught.value) and "y_z" in str(caught.value)

    def test_types_decide(self) -> None:
        parts = (Slot(A), Text("_"), Slot(NUMBER), Text("_"), Slot(B))
        assert Compiled("t", parts).read("x_y_1_z") == {"a": "x_y", "n": 1, "b": "z"}

    def test_a_key_known_from_a_folder_decides(self) -> None:
        parts = (Slot(A), Text("/"), Slot(A), Text("_"), Slot(B))
        assert Compiled("t", parts).read("x_y/x_y_z") == {"a": "x_y", "b": "z"}
        assert not Compiled("t", parts).fits("x_y/x_z")

    def test_a_key_that_stands_twice_in_a_name_agrees_with_itself(self) -> None:
        compiled = Compiled("t", (Slot(A), Text("_"), Slot(A), Text("_"), Slot(B)))
        assert compiled.read("x_y_x_y_z") == {"a": "x_y", "b": "z"}
        assert not compiled.fits("x_y_z")

    def test_given_values_choose(self) -> None:
        compiled = Compiled("t", (Slot(A), Text("_"), Slot(B)))
        assert compiled.readings("x_y_z", {"b": "z"}) == [{"a": "x_y", "b": "z"}]
        assert compiled.readings("x_y_z", {"b": "q"}) == []


class TestMismatch:
    @pytest.mark.parametrize(
        ("text", "column"),
        [
            ("/root/shots/x/n12.ma", 18),
            ("/root/asset/x", 6),
            ("/rot/x", 3),
            ("/root/shots/x/n1", 16),
        ],
    )
    def test_the_column_is_where_it_stops_fitting(self, text: str, column: int) -> None:
        parts = (Text("shots/"), Slot(A), Text("/n"), Slot(NUMBER), Text(".exr"))
        with pytest.raises(PathMismatch) as caught:
            Compiled("t", parts, ("/root/",)).read(text)
        assert caught.value.column == column

    def test_ten_thousand_characters_are_refused(self) -> None:
        with pytest.raises(PathTooLong) as caught:
            Compiled("t", (Slot(A),)).read("x" * 10_000)
        assert caught.value.length == 10_000
        assert len(str(caught.value)) < 600

    def test_case_of_fixed_text_does_not_count_where_it_is_folded(self) -> None:
        folded = Compiled("t", (Text("Shots/", True), Slot(A)), ("/Root/",))
        assert folded.read("/rOOT/sHOTS/Sh1") == {"a": "Sh1"}
        assert not Compiled("t", (Text("Shots/"), Slot(A))).fits("shots/a")

    def test_no_value_is_a_folder_itself(self) -> None:
        assert not Compiled("t", (Slot(A), Text("/"), Slot(B))).fits("../x")
        assert not Compiled("t", (Slot(A), Text("/"), Slot(B))).fits("x/.")


class TestWriting:
    def test_missing_keys_are_all_named(self) -> None:
        with pytest.raises(MissingFields) as caught:
            Compiled("t", (Slot(A), Text("_"), Slot(B), Slot(C))).write({"b": "x", "c": None})
        assert caught.value.keys == ("a", "c")

    def test_a_component_longer_than_file_names_is_refused(self) -> None:
        with pytest.raises(PathTooLong):
            Compiled("t", (Slot(A), Text("_"), Slot(B))).write({"a": "x" * 200, "b": "y" * 100})
        with pytest.raises(PathTooLong):
            Compiled("t", (Slot(A), Text("_"), Slot(B))).write({"a": "é" * 100, "b": "é" * 100})

    def test_a_section_stands_if_its_keys_are_given(self) -> None:
        inner = Section((Text("x"), Slot(C)))
        compiled = Compiled("t", (Slot(A), Section((Text("_"), Slot(B), inner))))
        assert compiled.write({"a": "1", "b": "2", "c": "3"}) == "1_2x3"
        assert compiled.write({"a": "1", "b": "2"}) == "1_2"
        assert compiled.write({"a": "1", "c": "3"}) == "1"

    def test_signs_of_formatting_are_data(self) -> None:
        compiled = Compiled("t", (Text("100%/%s{0}"), Slot(A)))
        assert compiled.write({"a": "%d{x}[*]?"}) == "100%/%s{0}%d{x}[*]?"
        assert compiled.read("100%/%s{0}%d{x}[*]?") == {"a": "%d{x}[*]?"}


class TestDefinitions:
    def test_keys_of_one_name_are_one_key(self) -> None:
        with pytest.raises(InvalidTemplate, match="two different keys"):
            Compiled("t", (Slot(A), Slot(StringKey("a"))))

    def test_a_section_needs_a_key(self) -> None:
        with pytest.raises(InvalidTemplate, match="without a key of its own"):
            Compiled("t", (Slot(A), Section((Text("x"),))))

    def test_many_keys_are_refused(self) -> None:
        with pytest.raises(InvalidTemplate, match="more than"):
            Compiled("t", tuple(Slot(StringKey(f"k{number}")) for number in range(200)))


def test_too_many_ways_is_said() -> None:
    odd = StringKey("odd", filter_by="(?!.*aa).*z")
    other = StringKey("other", filter_by="(?!.*aa).*y")
    compiled = Compiled("t", (Slot(odd), Slot(other), Slot(A)))
    with pytest.raises((PathMismatch, UndecidedPath)):
        compiled.read("a" * 255)
