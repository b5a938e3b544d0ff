"""What is written is read back, and what is read is written again, whatever the tree."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Dict, List, Tuple

from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipl_pipe.errors import AmbiguousPath, PathError, UndecidedPath
from pipl_pipe.path.document import from_plain, parse
from pipl_pipe.path.notations.partout import document
from pipl_pipe.path.notations.partout.configuration import Configuration
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.treepath import TreePath

NAMES = ["show", "shot", "step", "version"]
LITERAL = st.text(st.sampled_from("abX_-. e[]%é"), min_size=1, max_size=3).filter(
    lambda text: text not in (".", "..")
)
VARIABLE = st.builds(
    lambda name, optional, length: (name, optional, length),
    st.sampled_from(NAMES),
    st.booleans(),
    st.one_of(st.none(), st.none(), st.integers(1, 4)),
)
COMPONENT = st.lists(st.one_of(LITERAL, VARIABLE), min_size=1, max_size=4)


def text_of(component: List[Any]) -> str:
    return "".join(
        one
        if isinstance(one, str)
        else "{{%s%s%s}}" % (one[0], "?" * one[1], "" if one[2] is None else f":{one[2]}")
        for one in component
    )


@st.composite
def trees(draw: st.DrawFn) -> Tuple[Dict[str, Any], List[List[Any]]]:
    volume = draw(st.sampled_from(["p:", "/mnt", "//nas/show"]))
    path = draw(st.lists(COMPONENT, min_size=1, max_size=4))
    assume(text_of(path[-1]) != "...")  # folders left open
    tree: Any = {"label": ""} if draw(st.booleans()) else {"label": text_of(path[-1])}
    for component in reversed(path[:-1] if tree["label"] else path):
        tree = {text_of(component): tree}
    return {volume: tree}, path


@st.composite
def filled(draw: st.DrawFn) -> Tuple[TreePath, Dict[str, Any]]:
    """A tree with one label, and values that each variable can have."""
    content, path = draw(trees())
    try:
        made = document.read("/c", from_plain(content, "/c"), {})
    except PathError:
        assume(False)
    info: Dict[str, Any] = {}
    places = [one for component in path for one in component if not isinstance(one, str)]
    for name in {one[0] for one in places}:
        lengths = {one[2] for one in places if one[0] == name} - {None}
        assume(len(lengths) <= 1)
        size = next(iter(lengths), None)
        text = st.text(
            st.sampled_from("abX_-.019 é"), min_size=size or 1, max_size=size or 6
        ).filter(lambda text: text not in (".", ".."))
        optional = all(one[1] for one in places if one[0] == name)
        info[name] = draw(st.one_of(st.none(), text) if optional else text)
    return TreePath(Configuration("/c", lambda _: made)), info


@given(filled())
def test_what_is_written_is_read_back(given_tree: Tuple[TreePath, Dict[str, Any]]) -> None:
    tree_path, info = given_tree
    tree_path.populate_info(info)
    try:
        path = tree_path.get_label_path("label")
    except PathError:
        assume(False)
    again = TreePath(tree_path._configuration)
    try:
        again.fill_with_label("label", path)
    except AmbiguousPath as fault:
        assert fault.first != fault.second
        again.populate_info(info)
        assert again.get_label_path("label") == path
        return
    except UndecidedPath:
        return
    assert again.info == {**dict.fromkeys(again.info), **info}
    assert again.get_label_path("label") == path


@given(filled(), st.text(st.sampled_from("abX_-.019/ é%[]\\:pP"), max_size=40))
def test_what_is_read_is_written_again(
    given_tree: Tuple[TreePath, Dict[str, Any]], tail: str
) -> None:
    tree_path, _ = given_tree
    path = str(tree_path._configuration.labels["label"].location).partition("{{")[0] + tail
    try:
        tree_path.fill_with_label("label", path)
    except PathError:
        return
    assert DiskPath.parse(tree_path.get_label_path("label")) == DiskPath.parse(path)


class TestAnyText:
    CONTENT = {
        "p:": {"{{show}}": {"{{a?}}_{{b?}}_{{c?}}_{{d?}}-{{e?}}": {
            "label": "{{show}}_{{f?}}.{{g?:2}}_{{h?}}_{{i?}}{{j?:3}}_v{{k:3}}.{{l}}"}}}
    }  # fmt: skip

    MADE = document.read("/c", from_plain(CONTENT, "/c"), {})
    CONFIGURATION = Configuration("/c", lambda _, made=MADE: made)

    @given(text=st.text(max_size=300))
    @example(text="____-/" + "_" * 250)
    @example(text="a" * 10_000)
    @example(text="a_" * 120 + "-/" + "a_" * 120 + "._v001.x")
    def test_is_answered_soon(self, text: str) -> None:
        started = time.thread_time()
        with contextlib.suppress(PathError):
            self.CONFIGURATION.read("label", "P:/a/" + text, {})
        assert time.thread_time() - started < 0.5

    @given(text=st.text(max_size=60))
    def test_any_text_as_a_file(self, text: str) -> None:
        with contextlib.suppress(PathError):
            document.read("/c", parse(text, source="/c"), {})
        with contextlib.suppress(PathError):
            document.read("/c", from_plain({"p:": {text: {"a": text}}}, "/c"), {})
