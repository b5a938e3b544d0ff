"""Bad input is a designed error that names file, line and column, never a traceback of `re`."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pipl_pipe.errors import (
    AmbiguousPath,
    InvalidCatalog,
    InvalidRoots,
    InvalidValue,
    NoConfiguration,
    PathMismatch,
    PathTooLong,
    SeveralConfigurations,
    UnknownTemplate,
)
from pipl_pipe.path.notations import partout
from pipl_pipe.path.notations.partout.current import folders_of, roots_of

GOOD = '"p:":\n  "{{show}}":\n    file: "{{name}}_v{{version:3}}.{{ext}}"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"p:":\n  "{{show}":\n    a: ""\n', "file:2:3: '{{show}', character 1: the variable"),
        ('"p:":\n  "{show}":\n    a: ""\n', "file:2:3: '{show}', character 1: a single '{'"),
        ('"p:":\n  "{{sh ow}}":\n    a: ""\n', "'sh ow' is not a variable; write {{name}}"),
        ('"p:":\n  "{{a:0}}":\n    a: ""\n', "a length is from 1 to 255, not 0"),
        ('"p:":\n  "{{a:x}}":\n    a: ""\n', "'a:x' is not a variable"),
        ('"p:":\n  "{{a?}}{{b?}}":\n    a: ""\n', "file:2:3: the name '{{a?}}{{b?}}' is empty if"),
        ('"p:":\n  x:\n    a: ""\n  y:\n    a: ""\n', "file:5:5: the label 'a' stands here"),
        ('"p:":\n  x:\n    a: 5\n', "file:3:8: 'a' is no folder, and no file name in quotes"),
        ('"p:":\n  x:\n    a: ["b"]\n', "'a' is no folder"),
        ('"p:":\n  x:\n    "{{a}}": "b"\n', "the folder '{{a}}' holds a text"),
        ('"p:":\n  x: {a: ""}\nlinked: ["b.conf"]\n', "file:3:10: `linked`: 'b.conf' is not a"),
        ('"p:":\n  x: {a: ""}\nscopes: ["show"]\n', "file:3:10: `scopes`: 'show' is not a full"),
        ('"p:":\n  "..":\n    a: ""\n', "'..' names no file or folder"),
        ('"p:":\n  a: "../x"\n', "'../x' names no file or folder"),
        ('a: "x"\n', "'a' is outside of any folder"),
        ('trees:\n  "p:":\n    a: ""\n"q:":\n  b: ""\n', "'q:' stands beside `trees`"),
        ("trees: [a]\n", "`trees` is not a mapping"),
        ("- a\n- b\n", "the file is not a mapping"),
        ('scopes: "P:/"\n' + GOOD, "`scopes` is not a list"),
        ("aggregates: [a]\n" + GOOD, "`aggregates` is not a mapping"),
        ("aggregates: {x: 5}\n" + GOOD, "the aggregate 'x' is not a text"),
        ("search_term: a\n" + GOOD, "`search_term` is not a mapping"),
        ("name: [a]\n" + GOOD, "`name` is not a text"),
        ("auto_arbo: [shwo]\n" + GOOD, "file:1:13: auto_arbo: no folder has the variable 'shwo'"),
        ('scopes: ["{{root:nas}}"]\n' + GOOD, "there is no root 'nas', there are: none"),
        ('"{{root:nas}}":\n  a: ""\n', "there is no root 'nas'"),
        ('"p:":\n  a: "x\n', "file:3:1"),
        ('"p:":\n\tx: ""\n', "file:2:1"),
        ('"p:": &a\n  x: *a\n', "nested more than"),
        ('"p:":\n  x: ""\n  x: ""\n', "'x' stands here already"),
    ],
)  # fmt: skip
def test_bad_files(use: Any, text: str, problem: str) -> None:
    use({"/file": text})
    with pytest.raises(InvalidCatalog) as caught:
        partout.tree.get_from_config("/file")
    assert problem.replace("file:", "/file:") in str(caught.value)
    assert caught.value.advice


def test_every_problem_is_listed(use: Any) -> None:
    use({"/file": '"p:":\n  "{{a":\n    b: ""\n  "{c}":\n    b: 5\n'})
    with pytest.raises(InvalidCatalog) as caught:
        partout.tree.get_from_config("/file")
    assert len(caught.value.problems) == 3


class TestLinked:
    def test_a_linked_file_that_is_not_there(self, use: Any) -> None:
        use({"/a.conf": GOOD + "linked: ['/b.conf']\n"})
        with pytest.raises(InvalidCatalog, match=r"/b.conf: there is no such file"):
            partout.tree.get_from_config("/a.conf")

    def test_labels_of_one_name(self, use: Any) -> None:
        use({"/a.conf": GOOD + "linked: ['/b.conf']\n", "/b.conf": GOOD})
        with pytest.raises(InvalidCatalog, match="the label 'file' is also at"):
            partout.tree.get_from_config("/a.conf")

    def test_files_that_link_themselves_and_in_a_ring(self, use: Any) -> None:
        def file(number: int, *linked: int) -> str:
            links = ", ".join(f"'/{one}.conf'" for one in linked)
            return f'"p:":\n  x{number}:\n    label{number}: ""\nlinked: [{links}]\n'

        use({"/1.conf": file(1, 1, 2), "/2.conf": file(2, 3), "/3.conf": file(3, 1)})
        found = partout.tree.get_from_config("/1.conf").available_labels
        assert found == ["label1", "label2", "label3"]


class TestValues:
    @pytest.fixture(autouse=True)
    def config(self, use: Any) -> None:
        use({"P:/path_partout.conf": GOOD})

    @pytest.mark.parametrize(
        "value", ["a/b", "a\\b", "..", ".", "a\0b", "x" * 10_000, True, 1.5, ["a"], b"a"]
    )
    def test_refused(self, value: Any) -> None:
        tree_path = partout.tree.get_from_path("P:/a")
        tree_path.populate_info({"show": "s", "name": value, "version": 1, "ext": "ma"})
        with pytest.raises((InvalidValue, PathTooLong)):
            tree_path.get_label_path("file")

    @pytest.mark.parametrize(
        "value", ["é", "日本", "a b", "%", "[x]", "*", "?", "{{a}}", "$F", "a.b"]
    )
    def test_taken_as_they_are(self, value: str) -> None:
        tree_path = partout.tree.get_from_path("P:/a")
        tree_path.populate_info({"show": value, "name": "n", "version": 1, "ext": "ma"})
        path = tree_path.get_label_path("file")
        assert path == f"P:\\{value}\\n_v001.ma"
        assert partout.tree.get_from_label("file", path).info["show"] == value

    def test_lengths(self) -> None:
        tree_path = partout.tree.get_from_path("P:/a")
        tree_path.populate_info({"show": "s", "name": "n", "version": "1000", "ext": "ma"})
        with pytest.raises(InvalidValue, match="4 characters, not 3"):
            tree_path.get_label_path("file")
        tree_path.info["version"] = "ab"
        with pytest.raises(InvalidValue, match="2 characters, not 3"):
            tree_path.get_label_path("file")

    def test_true_is_refused_even_after_one(self) -> None:
        tree_path = partout.tree.get_from_path("P:/a")
        tree_path.populate_info({"show": "s", "name": "n", "version": 1, "ext": "ma"})
        assert tree_path.get_label_path("file") == "P:\\s\\n_v001.ma"
        tree_path.info["version"] = True
        with pytest.raises(InvalidValue):
            tree_path.get_label_path("file")

    def test_unknown_variables_are_a_slip_unless_empty(self) -> None:
        tree_path = partout.tree.get_from_path("P:/a")
        tree_path.populate_info({"shot": None})
        with pytest.raises(InvalidValue, match="there are show, name, version, ext"):
            tree_path.populate_info({"shot": "x"})

    @pytest.mark.parametrize(
        "path", ["P:/s/n_v001.ma\0", "P:/s/../n_v001.ma", "P:/s/" + "x" * 10_000, "P:/s/é", "P:/"]
    )
    def test_paths_that_do_not_fit(self, path: str) -> None:
        assert not partout.tree.is_label_matching_path("file", path)
        with pytest.raises((PathMismatch, PathTooLong)):
            partout.tree.get_from_label("file", path)

    @pytest.mark.parametrize("path", ["", "a/b", "\0", "Q:/x", "/x"])
    def test_paths_outside(self, path: str) -> None:
        with pytest.raises(NoConfiguration):
            partout.tree.get_from_label("file", path)

    def test_two_readings_are_both_shown_unless_what_is_known_decides(self) -> None:
        path = r"P:\s\n_v001.ma.bak_v002.ma"
        with pytest.raises(AmbiguousPath) as caught:
            partout.tree.get_from_label("file", path)
        assert caught.value.first != caught.value.second
        tree_path = partout.tree.get_from_path(path)
        tree_path.info["version"] = "002"
        tree_path.fill_with_label("file", path)
        assert tree_path.info["name"] == "n_v001.ma.bak"

    def test_unknown_labels_and_aggregates(self) -> None:
        tree_path = partout.tree.get_from_path("P:/a")
        for call in (tree_path.get_label_path, tree_path.get_aggregate):
            with pytest.raises(UnknownTemplate):
                call("fiel")
        with pytest.raises(UnknownTemplate):
            partout.tree.get_from_labels(["x", "y"], "P:/s/n_v001.ma")

    def test_a_failed_reading_changes_nothing(self) -> None:
        tree_path = partout.tree.get_from_label("file", "P:/s/n_v001.ma")
        before = dict(tree_path.info)
        with pytest.raises(PathMismatch):
            tree_path.fill_with_label("file", "P:/s/other")
        assert tree_path.info == before


class TestFolders:
    def test_equal_scopes(self, use: Any) -> None:
        use(
            {"/c/a.conf": 'scopes: ["P:/"]\n' + GOOD, "/c/b.conf": 'scopes: ["p:"]\n' + GOOD},
            ("/c",),
        )
        with pytest.raises(SeveralConfigurations) as caught:
            partout.tree.get_from_path("P:/s/x")
        assert caught.value.files == ("/c/a.conf", "/c/b.conf")

    def test_equal_names_and_none(self, use: Any) -> None:
        use({"/c/a.conf": "name: x\n" + GOOD, "/c/b.conf": "name: x\n" + GOOD}, ("/c",))
        with pytest.raises(SeveralConfigurations):
            partout.config_folders.get_config_path_by_name("x")
        with pytest.raises(NoConfiguration, match="the name 'y'"):
            partout.config_folders.get_config_path_by_name("y")
        with pytest.raises(NoConfiguration, match="search term"):
            partout.config_folders.search_config_path("projects", "y")

    def test_a_broken_file_does_not_stop_the_others(self, use: Any) -> None:
        use({"/c/a.conf": "a: [", "/c/b.conf": 'scopes: ["P:/"]\nname: b\n' + GOOD}, ("/c",))
        with pytest.warns(UserWarning, match=r"/c/a.conf:2:1"):
            assert partout.tree.get_from_path("P:/s/x").config_filepath == "/c/b.conf"
        with pytest.warns(UserWarning, match=r"/c/a.conf:2:1"):
            assert partout.config_folders.get_config_path_by_name("b") == "/c/b.conf"
        with pytest.raises(InvalidCatalog):
            partout.tree.get_from_path("Q:/s/x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a", "not label=folder"), ("=P:", "not label=folder"), ("a=b", "not a full path"),
     ("a=P:&a=Q:", "twice")],
)  # fmt: skip
def test_bad_roots(text: str, reason: str) -> None:
    with pytest.raises(InvalidRoots, match=reason):
        roots_of({"PATH_PARTOUT_ROOTS": text})


def test_a_path_from_no_root_is_shown_as_it_was_written() -> None:
    with pytest.raises(NoConfiguration, match="searched: shots/sh010 and above"):
        partout.tree.get_from_path("shots/sh010")


def test_a_path_of_very_many_folders_is_soon_known_not_to_fit(use: Any) -> None:
    """Looking in each folder above it would take the square of its length."""
    use({"P:/path_partout.conf": GOOD})
    started = time.thread_time()
    assert not partout.tree.is_label_matching_path("file", "P:/" + "a/" * 50_000)
    assert time.thread_time() - started < 1


def test_folders_of_the_environment() -> None:
    given = "C:/my/path/1/;C:/my/path/2/"
    assert folders_of({"PATH_PARTOUT_CONF_FOLDERS": given}) == ("C:/my/path/1/", "C:/my/path/2/")
    assert folders_of({}) == ()
