"""Key classes: each documented property and method (seed document 001), and what it leaves open."""

from __future__ import annotations

import datetime
import itertools
import numbers
import pickle
import re
import time
from typing import Any, Dict

import pytest

from pipl_pipe.errors import InvalidKey, InvalidValue
from pipl_pipe.path.keys import IntegerKey, SequenceKey, StringKey, TimestampKey
from pipl_pipe.path.keys.expression import Expression

JUNE = datetime.datetime(2015, 6, 24, 21, 20, 30)  # noqa: DTZ001  # names carry no zone


@numbers.Integral.register
class ArrayNumber:
    """As the integers of NumPy are, which are none of Python's."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __int__(self) -> int:
        return self._number


class TestTheDocumentsExamples:
    def test_validate(self) -> None:
        str_key, int_key, seq_key = StringKey("s"), IntegerKey("i"), SequenceKey("q")
        assert str_key.validate("foo") is True
        assert int_key.validate(2) is True
        assert int_key.validate("foo") is False
        assert seq_key.validate(3) is True
        assert seq_key.validate("foo") is False

    def test_subsets(self) -> None:
        initials = StringKey("user_initials", subset="([A-Z])[a-z]* ([A-Z])[a-z]*")
        three = StringKey("first_three_characters", subset="(.{3}).*")
        assert initials.str_from_value("John Smith") == "JS"
        assert three.str_from_value("John Smith") == "Joh"

    def test_subset_format(self) -> None:
        backwards = StringKey(
            "user_initials_backwards",
            subset="([A-Z])[a-z]* ([A-Z])[a-z]*",
            subset_format="{1}{0}",
        )
        assert backwards.str_from_value("John Smith") == "SJ"

    @pytest.mark.parametrize(
        ("directive", "padded", "plain"),
        [("%d", "%04d", "%d"), ("@", "@@@@", "@"), ("#", "####", "#"), ("$F", "$F4", "$F")],
    )
    def test_format_directives(self, directive: str, padded: str, plain: str) -> None:
        for written in (f"FORMAT: {directive}", f"FORMAT:{directive}"):
            assert SequenceKey("q", format_spec="04").str_from_value(written) == padded
            assert SequenceKey("q", format_spec="01").str_from_value(written) == plain
            assert SequenceKey("q", format_spec="1").str_from_value(written) == plain
            assert SequenceKey("q").str_from_value(written) == plain

    def test_timestamp(self) -> None:
        key = TimestampKey("render_time")
        assert key.format_spec == "%Y-%m-%d-%H-%M-%S"
        assert key.str_from_value(JUNE) == "2015-06-24-21-20-30"
        assert key.value_from_str("2015-06-24-21-20-30") == JUNE

    def test_padding_of_integers(self) -> None:
        key = IntegerKey("version", format_spec="03")
        assert [key.str_from_value(number) for number in (1, 12, 132)] == ["001", "012", "132"]


class TestProperties:
    def test_all_of_them(self) -> None:
        key = StringKey(
            "ext", "ma", {"ma": "Maya Ascii", "mb": "Maya Binary"}, "alphanumeric",
            "PublishedFile", "code", ["mc"], False, 2,
        )  # fmt: skip
        assert (key.name, key.default, key.length, key.is_abstract) == ("ext", "ma", 2, False)
        assert (key.shotgun_entity_type, key.shotgun_field_name) == ("PublishedFile", "code")
        assert key.exclusions == ["mc"]
        assert key.choices == ["ma", "mb"]
        assert key.labelled_choices == {"ma": "Maya Ascii", "mb": "Maya Binary"}
        assert (key.filter_by, key.subset, key.subset_format) == ("alphanumeric", None, None)
        assert repr(key) == "<StringKey ext>"

    def test_choices_as_a_list_are_their_own_labels(self) -> None:
        assert StringKey("e", choices=["ma", "mb"]).labelled_choices == {"ma": "ma", "mb": "mb"}
        assert StringKey("e").choices == []

    def test_a_default_that_is_called_each_time(self) -> None:
        numbers = iter([1, 2])
        key = IntegerKey("n", default=lambda: next(numbers))
        assert [key.default, key.str_from_value()] == [1, "2"]

    def test_no_value_and_no_default(self) -> None:
        with pytest.raises(InvalidValue, match="no default"):
            StringKey("s").str_from_value()
        assert StringKey("s").validate(None) is False

    def test_ignoring_types(self) -> None:
        assert IntegerKey("n", format_spec="03").str_from_value("*", ignore_type=True) == "*"
        assert IntegerKey("n", format_spec="03").str_from_value(2, ignore_type=True) == "002"
        assert StringKey("s", choices=["a"]).str_from_value("b", ignore_type=True) == "b"


class TestStrings:
    @pytest.mark.parametrize(
        ("settings", "good", "bad"),
        [
            ({}, ["a b", "é", "%04d", "[x]", "*?", "a..b", "x" * 255], ["", ".", "..", "a/b"]),
            ({}, [], ["a\\b", "a\0b", "x" * 256, "é" * 128, 3, 1.5, b"a", ["a"]]),
            ({"filter_by": "alphanumeric"}, ["ab12"], ["a_b", "a b", "é", "a\n"]),
            ({"filter_by": "alpha"}, ["ab"], ["a1"]),
            ({"filter_by": "^[0-9]{4}[a-z]{3}$"}, ["1234abc"], ["1234abcd", "x1234abc"]),
            ({"choices": ["ma", "mb"]}, ["ma"], ["MA", "mc"]),
            ({"exclusions": ["tmp"]}, ["tmp2"], ["tmp"]),
            ({"length": 3}, ["abc"], ["ab", "abcd"]),
        ],
    )
    def test_what_is_taken(self, settings: Dict[str, Any], good: Any, bad: Any) -> None:
        key = StringKey("s", **settings)
        for value in good:
            assert key.validate(value), value
            assert key.value_from_str(key.str_from_value(value)) == value
        for value in bad:
            assert not key.validate(value), value

    def test_a_subset_may_be_given_a_width(self) -> None:
        key = StringKey("i", subset="([A-Z])[a-z]* ([A-Z])[a-z]*", subset_format="{1}{0:_>3.1s}")
        assert key.str_from_value("John Smith") == "S__J"

    def test_what_a_subset_made_can_be_written_again(self) -> None:
        key = StringKey("i", subset="([A-Z])[a-z]* ([A-Z])[a-z]*")
        assert key.str_from_value(key.value_from_str("JS")) == "JS"
        assert not key.validate("john smith")
        assert not key.validate("jS")
        with pytest.raises(InvalidValue):
            key.value_from_str("js")

    @pytest.mark.parametrize("subset", ["(a(b))", "(?P<x>a)", "(a)|(b)", "(a)+"])
    def test_results_of_stranger_subsets_are_not_judged(self, subset: str) -> None:
        assert StringKey("i", subset=subset).value_from_str("anything") == "anything"


class TestIntegers:
    @pytest.mark.parametrize("value", [7, "7", "007", 7.0, ArrayNumber(7)])
    def test_what_is_a_number(self, value: Any) -> None:
        assert IntegerKey("n", format_spec="03").str_from_value(value) == "007"

    @pytest.mark.parametrize(
        "value", [-1, 1.5, "1.5", "-1", "", "٣", " 1", None, float("nan"), float("inf"), 1j, True]
    )
    def test_what_is_none(self, value: Any) -> None:
        assert not IntegerKey("n").validate(value)
        assert not SequenceKey("n").validate(value)

    def test_true_and_false_are_refused_in_settings_too(self) -> None:
        for settings in ({"default": True}, {"choices": [False]}, {"exclusions": [True]}):
            with pytest.raises(InvalidKey, match="bool"):
                IntegerKey("n", **settings)  # type: ignore[arg-type]  # that is what is tested

    def test_huge_numbers_are_refused(self) -> None:
        assert not IntegerKey("n").validate(10**300)
        assert not IntegerKey("n").validate("1" * 10_000)

    def test_padding_is_matched_exactly_by_default_where_there_is_one(self) -> None:
        strict, loose = IntegerKey("n", format_spec="03"), IntegerKey("n")
        assert (strict.strict_matching, loose.strict_matching) == (True, False)
        assert strict.value_from_str("012") == 12
        assert strict.value_from_str("1234") == 1234
        for text in ("12", "0012", "00012"):
            with pytest.raises(InvalidValue):
                strict.value_from_str(text)
        assert loose.value_from_str("0012") == 12
        assert IntegerKey("n", format_spec="03", strict_matching=False).value_from_str("1") == 1

    def test_choices_and_length(self) -> None:
        key = IntegerKey("n", choices=[1, "2"], exclusions=[3])
        assert key.choices == [1, 2]
        assert key.validate("1") and not key.validate(3)
        assert IntegerKey("n", length=2).validate(12)
        assert not IntegerKey("n", length=2).validate(123)


class TestSequences:
    def test_frames_and_patterns(self) -> None:
        key = SequenceKey("f", format_spec="04")
        assert key.is_abstract is True
        assert key.default == "%04d"
        assert key.str_from_value(12) == "0012"
        for pattern in ("%04d", "@@@@", "####", "$F4"):
            assert key.value_from_str(pattern) == pattern
            assert key.str_from_value(pattern) == pattern
        for text in ("%03d", "@@@", "012", "FORMAT: %d"):
            with pytest.raises(InvalidValue):
                key.value_from_str(text)

    def test_unknown_directives(self) -> None:
        with pytest.raises(InvalidValue, match="directives"):
            SequenceKey("f").str_from_value("FORMAT: %x")

    def test_a_default_of_its_own(self) -> None:
        key = SequenceKey("f", default="FORMAT: #", format_spec="04")
        assert key.str_from_value() == "####"


class TestTimestamps:
    def test_texts_are_values(self) -> None:
        key = TimestampKey("t", format_spec="%Y-%m-%d %H:%M", default="2003-01-02 12:23")
        assert key.str_from_value() == "2003-01-02 12:23"
        assert key.validate("2003-01-02 12:23")
        assert not key.validate("2003-1-2 12:23")
        assert not key.validate("yesterday")
        assert not key.validate(3)

    @pytest.mark.parametrize("default", ["now", "utc_now"])
    def test_the_current_time(self, default: str) -> None:
        key = TimestampKey("t", default=default)
        before = datetime.datetime.now(datetime.timezone.utc)
        assert before <= key.default
        assert key.value_from_str(key.str_from_value()).year == key.default.year

    def test_zones(self) -> None:
        utc, local = TimestampKey("t", "utc_now").default, TimestampKey("t", "now").default
        assert utc.tzinfo is datetime.timezone.utc
        assert abs((local - utc).total_seconds()) < 10

    @pytest.mark.parametrize(
        "spec", ["%Y/%m", "plain", "%", 3, "%Q", "%Y\\%m", "%A", "%Z", "%I%p %A", "%U %Y", "%p"]
    )
    def test_formats_that_cannot_be(self, spec: Any) -> None:
        with pytest.raises(InvalidKey):
            TimestampKey("t", format_spec=spec)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: StringKey("s", default="x", choices=["a"]), "choices are a"),
        (lambda: IntegerKey("n", default="x"), "no whole number"),
        (lambda: StringKey("s", default=3), "not text"),
        (lambda: StringKey("s", choices=[1]), "choices"),
        (lambda: StringKey("s", choices="ab"), "no list"),
        (lambda: StringKey("s", choices=[]), "empty"),
        (lambda: StringKey("s", choices=["a/b"]), "separator"),
        (lambda: StringKey("s", filter_by="[a"), "regular expression"),
        (lambda: StringKey("s", subset="(a"), "regular expression"),
        (lambda: StringKey("s", subset="a"), "group"),
        (lambda: StringKey("s", subset="(a)", subset_format="{1}"), "does not fit"),
        (lambda: StringKey("s", subset="(a)", subset_format="{0.__class__}"), "does not fit"),
        (lambda: StringKey("s", subset="(a)", subset_format="{0[0]}"), "does not fit"),
        (lambda: StringKey("s", subset="(a)", subset_format="{0:>9999999999}"), "does not fit"),
        (lambda: StringKey("s", subset="(a)", subset_format="{0:>300}"), "does not fit"),
        (lambda: StringKey("s", subset="(a)", subset_format="{0:{0}}"), "does not fit"),
        (lambda: StringKey("s", subset="(a)", subset_format="{0"), "does not fit"),
        (lambda: StringKey("s", subset_format="{0}"), "no subset"),
        (lambda: StringKey("s", length=0), "length"),
        (lambda: StringKey("s", abstract=True), "default"),
        (lambda: IntegerKey("n", format_spec="x"), "format_spec"),
        (lambda: IntegerKey("n", format_spec=3), "quotes"),
        (lambda: IntegerKey("n", strict_matching="yes"), "strict_matching"),
        (lambda: StringKey(""), "name"),
    ],
)
def test_keys_that_cannot_be(make: Any, says: str) -> None:
    with pytest.raises(InvalidKey, match=says) as caught:
        make()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


EXPRESSIONS = (
    "(a+)+$", "^(a|ab|b_)*c?$", "[a-c]+(_[a-c]+)*", "(?:a{2,3}|b){1,3}", "(?!ab)(a|bc)*",
    "(ab|b)*(?<=b)c*", r"\b(a+b?)*\b", "(a*?b)*?c", "(a|)*b", "(?:(?:a?){3}){2}", "(.|\n)*_",
)  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_followed_expressions_fit_what_re_says(expression: str) -> None:
    ours, theirs = Expression(expression), re.compile(expression)
    for length in range(6):
        for letters in itertools.product("abc_\n", repeat=length):
            text = "".join(letters)
            assert ours.fits(text) == (theirs.fullmatch(text) is not None), text


class TestHostileExpressions:
    """Each would take `re` years, or minutes."""

    @pytest.mark.parametrize(
        ("settings", "text", "fits"),
        [
            ({"filter_by": "(a+)+$"}, "a" * 60 + "!", False),
            ({"filter_by": "(a+)+$"}, "a" * 250, True),
            ({"filter_by": "a*a*a*a*a*a*b"}, "a" * 250, False),
            ({"filter_by": "(a?){40}a{40}"}, "a" * 39, False),
            ({"filter_by": "(aa|aaa|a)*b"}, "a" * 250, False),
            ({"filter_by": "((a*)*)*b"}, "a" * 250, False),
            ({"filter_by": "(((a?){200}){200}){200}b"}, "a" * 250, False),
            ({"subset": "(a+)+b(.*)"}, "a" * 60 + "!", False),
            ({"subset": "(.*)(.*)(.*)(.*)b"}, "a" * 2_000, False),
        ],
    )
    def test_are_bounded(self, settings: Any, text: str, fits: bool) -> None:
        key = StringKey("s", **settings)
        start = time.thread_time()
        assert key.validate(text) is fits
        assert time.thread_time() - start < 1

    def test_are_refused_where_no_bound_is_known(self) -> None:
        with pytest.raises(InvalidKey, match="could take for ever"):
            StringKey("s", filter_by=r"(a+)+\1b")
