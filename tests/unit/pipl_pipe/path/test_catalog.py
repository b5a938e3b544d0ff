"""The template of a path, among many."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipl_pipe.errors import InvalidCatalog, UnknownTemplate
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.keys import IntegerKey, StringKey
from pipl_pipe.path.notations.toolkit import TemplatePath
from pipl_pipe.path.overlap import ambiguity, overlap

KEYS: Dict[str, Any] = {
    "a": StringKey("a"),
    "word": StringKey("word", filter_by="alphanumeric"),
    "ext": StringKey("ext", choices=["ma", "mb"]),
    "n": IntegerKey("n", format_spec="03"),
}
DEFINITIONS = [
    "x",
    "x/{a}",
    "x/y",
    "x/{a}.ma",
    "X/{word}.{ext}",
    "x/{word}.v{n}.MA",
    "x/{a}/{word}",
    "x/{a}[/{word}]/z",
    "{a}/{word}_{n}",
    "x/{a}_{a}.mb",
    "[{n}_]{word}/q.ma",
]


def template(number: int, definition: str, root: str = "/r") -> TemplatePath:
    return TemplatePath(definition, KEYS, root, f"t{number}")


ALL = [template(number, definition) for number, definition in enumerate(DEFINITIONS)]
CATALOG = Catalog(ALL)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["x", "X", "y", "z", "a.ma", "b.mb", "k.v001.ma", "q.MA", "p_p.mb"]),
        min_size=1,
        max_size=4,
    )
)  # fmt: skip
def test_the_index_finds_what_trying_each_finds(components: List[str]) -> None:
    text = "/r/" + "/".join(components)
    found = CATALOG.of(text)
    assert [one.name for one in found] == [one.name for one in ALL if one.validate(text)]


def test_not_all_are_tried() -> None:
    many = [template(n, f"shots/{{a}}/d{n}/{{word}}.v{{n}}.ma") for n in range(60)]
    catalog = Catalog(many)
    assert [one.name for one in catalog.of("/r/shots/a/d7/w.v001.ma")] == ["t7"]
    compiled = [one for one in many if "expression" in one.compiled.__dict__]
    assert [one.name for one in compiled] == ["t7"]


def test_roots_are_told_apart() -> None:
    one, other = template(1, "{a}", "/r/one"), template(2, "one/{a}", "/r")
    catalog = Catalog([one, other, template(3, "x", "/other")])
    assert catalog.of("/r/one/k") == [one, other]
    assert catalog.of("/R/ONE/k") == [one, other]
    assert catalog.of("/r/two/k") == []


def test_it_is_a_mapping() -> None:
    assert list(CATALOG) == [one.name for one in ALL]
    assert "t1" in CATALOG and "nope" not in CATALOG
    with pytest.raises(UnknownTemplate, match="nope"):
        CATALOG["nope"]
    with pytest.raises(InvalidCatalog, match="several templates 't0'"):
        Catalog([ALL[0], ALL[0]])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ALL), st.sampled_from(ALL))
def test_overlaps_have_examples(first: TemplatePath, second: TemplatePath) -> None:
    found = overlap(first.compiled, second.compiled)
    assert (found is None) == (overlap(second.compiled, first.compiled) is None)
    twice = {"x/{a}_{a}.mb"} & {first.definition, second.definition}
    if found is not None and not twice:  # a key that stands twice agrees with itself, in reading
        assert first.validate(found) and second.validate(found), found
    if first is second:
        assert found is not None


def test_ambiguities_have_examples() -> None:
    assert ambiguity(template(0, "x/{word}.v{n}.{ext}").compiled) is None
    found = ambiguity(template(0, "x/{a}_{word}[_{n}]").compiled)
    assert found is not None
    assert len(template(0, "x/{a}_{word}[_{n}]").compiled.readings(found)) == 2
