from __future__ import annotations

import pytest

from pipl.errors.usage import InvalidIndexName
from pipl.index.name import IndexName


@pytest.mark.parametrize("text", ["root/PROJ", "fx.team/sh010-layout", "bob@studio/x_1", "zoë/été"])
def test_text_and_back(text: str) -> None:
    assert str(IndexName.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "root", "root/", "/PROJ", "root/PROJ/", "a/b/c", "root/a b", "root/+simple",
        "../PROJ", "root/..", "root/.", "root/a\n", "root/a%2f", "root/a?b", "root/a\\b", "a:b/c",
    ],
)  # fmt: skip
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(InvalidIndexName) as caught:
        IndexName.parse(text)
    assert caught.value.text == text


def test_parts_are_checked_however_it_is_made() -> None:
    with pytest.raises(InvalidIndexName):
        IndexName("root/x", "y")


def test_names_are_ordered_by_user_first() -> None:
    names = [IndexName.parse(text) for text in ("b/a", "a/c", "a/b")]
    assert [str(name) for name in sorted(names)] == ["a/b", "a/c", "b/a"]
