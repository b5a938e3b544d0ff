"""What check finds, on templates of either notation."""

from __future__ import annotations

from typing import List

import pytest

from pipl_pipe.path.check import Candidate, Finding, check
from pipl_pipe.path.document import from_plain
from pipl_pipe.path.keys import StringKey, TemplateKey, TimestampKey
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.partout.notation import partout
from pipl_pipe.path.notations.toolkit import TemplatePath


def findings(**labels: str) -> List[Finding]:
    tree = {"/mnt": {"{{show}}": labels}}
    catalog = partout([Source("test", from_plain(tree, "test"))], "linux")
    return check([Candidate(one.name, one.definition, one.compiled) for one in catalog.values()])


def test_templates_that_cannot_meet_are_clean() -> None:
    found = findings(scene="{{name}}.ma", image="{{name}}.exr")
    assert [one.is_clean for one in found] == [True, True]
    assert [one.example for one in found] == ["/mnt/show/name.ma", "/mnt/show/name.exr"]


def test_templates_that_meet_name_each_other_and_a_path() -> None:
    wide, narrow = findings(wide="{{name}}.{{extension}}", narrow="{{name}}.ma")
    assert [one.other for one in wide.overlaps] == ["narrow"]
    assert [one.other for one in narrow.overlaps] == ["wide"]
    assert narrow.overlaps[0].text.startswith("/mnt/") and narrow.overlaps[0].text.endswith(".ma")
    assert narrow.overlaps[0].certain
    assert wide.is_reachable
    assert not narrow.is_reachable, "every path of it is one of the other too"


def test_a_template_that_can_be_read_in_two_ways_shows_a_path() -> None:
    (one,) = findings(file="{{name}}_{{step}}.ma")
    assert one.ambiguous.endswith(".ma")


def test_lengths_tell_templates_apart() -> None:
    assert all(one.is_clean for one in findings(a="v{{version:3}}.ma", b="v{{version:4}}.ma"))


@pytest.mark.parametrize("name", ["{{a?}}x{{b?:2}}", "{{a:255}}", "{{a:1}}{{b:1}}{{c:1}}", "{{é}}"])
def test_examples_are_of_the_template(name: str) -> None:
    if "é" in name:
        name = "é{{a}}"
    (one,) = findings(file=name)
    assert one.example.startswith("/mnt/show/")


@pytest.mark.parametrize(
    "key",
    [
        *(
            StringKey("k", filter_by=expression)
            for expression in (
                "^[a-z]{2}[0-9]{3}$", r"(?:show|film)\d{2,3}[äö]", "(?!tmp)[^_/]+x", r"\w+-\w+",
                "(?P<side>left|right)_(?P=side)", "(?i)SH[0-9]+", "[Ѐ-џ]+", "(a+)+b", ".{3}",
            )
        ),
        StringKey("k", subset="([A-Z])[a-z]* ([A-Z])[a-z]*", subset_format="{1}{0}"),
        StringKey("k", subset="(.{3}).*"),
        TimestampKey("k"),
        TimestampKey("k", format_spec="%y%m%d_%H%M"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_key_with_an_expression_or_a_time_has_an_example(key: TemplateKey) -> None:
    template = TemplatePath("shots/v_{k}.ma", {"k": key}, "/r")
    (one,) = check([Candidate("shot", template.definition, template.compiled)])
    assert template.validate(one.example)
    assert one.is_clean


def test_a_key_that_takes_nothing_has_no_example() -> None:
    key = StringKey("k", choices=["a"], exclusions=["a"])
    template = TemplatePath("{k}", {"k": key}, "/r")
    (one,) = check([Candidate("shot", template.definition, template.compiled)])
    assert (one.example, one.is_clean) == ("", False)
