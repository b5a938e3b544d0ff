from __future__ import annotations

import pytest

from pipl.packl.graph.needs import Need, leading_name


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("hero-geo", "push"),
        ("hero-geo>=1.2", "push"),
        ("hero-geo>1.2,>=1", "push"),
        ("hero-geo>=1.2,<2", "semi-push"),
        ("hero-geo~=1.2", "semi-push"),
        ("hero-geo==1.*", "semi-push"),
        ("hero-geo!=1.3", "semi-push"),
        ("hero-geo<=1.4", "semi-push"),
        ("hero-geo==1.4.0", "pull"),
        ("hero-geo===1.4.0", "pull"),
        ("hero-geo>=1,==1.4.0", "pull"),
        ("hero-geo @ http://elsewhere/hero.whl", "push"),
        ("hero-geo !!", "pull"),
    ],
)
def test_the_specifier_decides(text: str, mode: str) -> None:
    assert Need("shot", "hero-geo", text).mode == mode


@pytest.mark.parametrize(
    ("text", "version", "admits"),
    [
        ("hero-geo", "9", True),
        ("hero-geo>=1.2,<2", "1.9.post3", True),
        ("hero-geo>=1.2,<2", "2.0", False),
        ("hero-geo==1.4.0", "1.4.0.post1", False),
        ("hero-geo==1.4.0", "1.4", True),
        ("hero-geo>=1.2", "1.3a1", False),
        ("hero-geo>=1.3a0", "1.3a1", True),
        ("hero-geo", "not a version", False),
        ("hero-geo !!", "1.0", False),
    ],
)
def test_what_is_admitted(text: str, version: str, admits: bool) -> None:
    assert Need("shot", "hero-geo", text).admits(version) is admits


@pytest.mark.parametrize(
    ("text", "counts", "extra"),
    [
        ("geo", True, None),
        ('geo; extra == "edit"', False, "edit"),
        ('geo; python_version >= "3" and extra == "edit"', False, "edit"),
        ('geo; python_version >= "3"', True, None),
        ('geo; python_version < "3"', False, None),
        ('geo; python_version < "3" and extra == "edit"', False, None),
    ],
)
def test_markers(text: str, counts: bool, extra: str | None) -> None:
    need = Need("shot", "geo", text)
    assert (need.counts, need.extra) == (counts, extra)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hero_Geo>=1", "hero-geo"),
        ("hero.geo[edit] ; x", "hero-geo"),
        ("  a", "a"),
        ("?", ""),
        ("geo-", "geo"),
    ],
)
def test_the_name_at_the_beginning(text: str, name: str) -> None:
    assert leading_name(text) == name
