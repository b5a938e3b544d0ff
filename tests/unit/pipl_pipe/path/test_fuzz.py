"""Whatever is given as a definition, a file or a path: a designed error, soon."""

from __future__ import annotations

import contextlib
import time
from typing import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from pipl_pipe.errors import InvalidCatalog, InvalidTemplate, PathError
from pipl_pipe.path import document
from pipl_pipe.path.keys import IntegerKey, StringKey
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.toolkit import TemplatePath
from pipl_pipe.path.notations.toolkit_file import load

KEYS = {"a": StringKey("a"), "b": IntegerKey("b", format_spec="03")}
DEFINITION = st.text(st.sampled_from("{}[]ab/_.@%\\*+?()|^$é\0 "), max_size=40)
PIECES = st.lists(
    st.sampled_from(["{a}", "{b}", "[", "]", "/", "_", "(", ")", "+", "\\d", ".", "é", "^", "%"]),
    max_size=20,
).map("".join)


def soon(action: Callable[[], object], limit_s: float = 0.5) -> None:
    started = time.thread_time()
    action()
    assert time.thread_time() - started < limit_s


@settings(max_examples=300, deadline=None)
@given(st.one_of(DEFINITION, PIECES), st.text(max_size=300))
def test_definitions_and_paths(definition: str, text: str) -> None:
    def try_it() -> None:
        try:
            template = TemplatePath(definition, KEYS, "/r")
        except InvalidTemplate as fault:
            assert 0 <= fault.column <= len(definition)
            return
        for path in (text, f"/r/{text}", f"/R/{definition}"):
            try:
                fields = template.get_fields(path)
            except PathError:
                continue
            assert template.get_fields(template.apply_fields(fields)) == fields

    soon(try_it)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("abkeyspaths: \n-{}[]'\"&*!|>%@`#,?\t\0é"), max_size=60))
def test_files(text: str) -> None:
    def try_it() -> None:
        try:
            load([Source("t", document.parse(text, source="t"))], "linux")
        except InvalidCatalog as fault:
            assert all(problem.startswith("t") for problem in fault.problems)

    soon(try_it)


YAML_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
SETTINGS = st.sampled_from(
    ["type", "default", "choices", "exclusions", "length", "format_spec", "abstract", "alias",
     "filter_by", "subset", "subset_format", "strict_matching"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        SETTINGS, st.one_of(YAML_VALUES, st.sampled_from(["str", "int", "sequence", "timestamp"]))
    ),
    st.sampled_from(["str", "int", "sequence", "timestamp"]),
    YAML_VALUES,
)
def test_keys_of_any_shape(key: object, kind: str, other: object) -> None:
    assert isinstance(key, dict)
    written = {"keys": {"k": {**key, "type": kind}}, "paths": {"p": "x/{k}"}, "strings": other,
               "roots": {"primary": {"linux": "/r"}}}  # fmt: skip
    with contextlib.suppress(InvalidCatalog):
        load([Source("t", document.from_plain(written, "t"))], "linux")
