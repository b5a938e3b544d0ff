"""Listing an index page by page, whatever moves meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from pipl.index import requirements
from pipl.index.name import IndexName
from pipl.index.requirements import IndexedPackl, Requirements

INDEX = IndexName("root", "PROJ")
Page = dict[str, object]


def packl(name: str, version: str = "1.0") -> dict[str, object]:
    return IndexedPackl(name, version, "root/PROJ").to_json()


def page(serial: int, *names: str, **changes: object) -> Page:
    return {
        "feed": "one",
        "serial": serial,
        "sources": ["root/PROJ"],
        "full": True,
        "next": None,
        "packls": [packl(name) for name in names],
        "gone": [],
        **changes,
    }


def told(*pages: Page) -> tuple[Callable[[str], object], list[tuple[str, str]]]:
    """A server that gives these pages in turn, and what it was asked: (since, after)."""
    asked: list[tuple[str, str]] = []
    left = list(pages)

    def ask(path: str) -> object:
        query = parse_qs(urlsplit(path).query, keep_blank_values=True)
        asked.append((query["since"][0], query["after"][0]))
        return left.pop(0)

    return ask, asked


KNOWN = Requirements(
    "one", "root/PROJ", 7, ("root/PROJ",), {"old": IndexedPackl("old", "1.0", "root/PROJ")}
)


def test_pages_are_put_together_and_the_first_serial_counts() -> None:
    ask, asked = told(page(5, "a", "b", next="b"), page(6, "c", gone=["a"]))
    found = requirements.fetch(ask, INDEX, None)
    assert (set(found.packls), found.serial) == ({"b", "c"}, 5)
    assert asked == [("-1", ""), ("-1", "b")]


def test_changes_are_added_to_what_is_known() -> None:
    ask, asked = told(page(9, "new", full=False, gone=["old"]))
    found = requirements.fetch(ask, INDEX, KNOWN)
    assert (set(found.packls), found.serial, asked) == ({"new"}, 9, [("7", "")])
    assert set(KNOWN.packls) == {"old"}


def test_a_server_that_knows_no_changes_lists_everything() -> None:
    ask, asked = told(page(9, "a", next="a"), page(9, "b"))
    found = requirements.fetch(ask, INDEX, KNOWN)
    assert (set(found.packls), asked) == ({"a", "b"}, [("7", ""), ("-1", "a")])


@pytest.mark.parametrize("moved", [{"feed": "two"}, {"sources": ["root/PROJ", "root/base"]}])
def test_another_database_or_other_indexes_begin_anew(moved: dict[str, object]) -> None:
    ask, asked = told(page(9, "x", full=False, **moved), page(9, "a", **moved))
    found = requirements.fetch(ask, INDEX, KNOWN)
    assert (set(found.packls), asked) == ({"a"}, [("7", ""), ("-1", "")])


def test_what_moves_in_the_middle_begins_anew() -> None:
    ask, asked = told(
        page(5, "a", next="a"),
        page(6, "b", sources=["root/PROJ", "root/base"]),
        page(6, "c", sources=["root/PROJ", "root/base"]),
    )
    assert set(requirements.fetch(ask, INDEX, None).packls) == {"c"}
    assert asked == [("-1", ""), ("-1", "a"), ("-1", "")]


def test_a_change_list_that_ends_in_the_middle_begins_anew() -> None:
    ask, asked = told(page(9, "a", full=False, next="a"), page(9, "b"), page(9, "a", "b"))
    assert set(requirements.fetch(ask, INDEX, KNOWN).packls) == {"a", "b"}
    assert asked == [("7", ""), ("7", "a"), ("-1", "")]


@pytest.mark.parametrize(
    "document",
    [None, [], {}, page(1) | {"serial": "1"}, page(1) | {"packls": [3]}, page(1, "") | {"gone": 3}],
)
def test_what_is_no_page(document: object) -> None:
    with pytest.raises(ValueError, match=r"table|serial|packl"):
        requirements.fetch(lambda path: document, INDEX, None)


@pytest.mark.parametrize(
    ("less", "more"),
    [("1.9", "1.10"), ("2.0a1", "1.0"), ("1.0", "1.0.post1"), ("rubbish", "0.1a1"), ("1", "1!0")],
)
def test_the_order_of_versions(less: str, more: str) -> None:
    assert requirements.order(less) < requirements.order(more)
