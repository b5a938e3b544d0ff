"""Pictures of flows, whatever their names are."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pipl.ci import flow
from pipl.ci.flow import DEFAULT_FLOW, Flow
from pipl.ci.flow.drawing import graph, mermaid, svg, text

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert("x")</script>&amp;`|]\x1b[31m'
FOLLOWING = flow.parse(
    {
        "indexes": {
            "root/testing": {
                "handlers": ["qa", {"handler": "render", "kinds": ["task"], "names": ["sh*"]}],
                "promote": "root/processing",
                "notify": ["td"],
            },
            "fx/testing": {"handlers": ["qa"], "promote": "root/processing"},
            "root/processing": {"handlers": ["process"], "products": "root/PROJ"},
            "root/PROJ": {"follow": "root/testing"},
        },
        "notifiers": {"td": {"use": "email"}},
    }
)
NAMED = flow.parse({"indexes": {"root/夜": {"handlers": [{"handler": NASTY, "types": [NASTY]}]}}})


def labels(picture: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_columns_are_in_the_order_of_promotion_and_products() -> None:
    drawn = graph.graph(FOLLOWING)
    assert {str(box.index): box.column for box in drawn.boxes} == {
        "root/testing": 0,
        "fx/testing": 0,
        "root/processing": 1,
        "root/PROJ": 2,
    }
    assert [(str(one.source), str(one.target), one.label) for one in drawn.arrows] == [
        ("root/testing", "root/processing", "promote"),
        ("fx/testing", "root/processing", "promote"),
        ("root/processing", "root/PROJ", "products"),
        ("root/PROJ", "root/testing", "follow"),
    ]


def test_a_way_that_is_two_is_one_arrow() -> None:
    assert [one.label for one in graph.graph(DEFAULT_FLOW).arrows] == [
        "promote",
        "promote, products",
        "follow",
    ]


def test_products_that_go_back_do_not_move_the_columns_apart() -> None:
    config = {
        "indexes": {
            "root/a": {"handlers": ["process"], "products": "root/c", "promote": "root/b"},
            "root/b": {"handlers": ["process"], "products": "root/a"},
            "root/c": {"handlers": ["process"], "products": "root/a"},
        }
    }
    assert max(box.column for box in graph.graph(flow.parse(config)).boxes) == 1


@pytest.mark.parametrize("given", [DEFAULT_FLOW, FOLLOWING, NAMED, Flow(())])
def test_every_index_handler_and_way_is_in_every_picture(given: Flow) -> None:
    drawn = graph.graph(given)
    in_svg = labels(svg.draw(drawn))
    for box in drawn.boxes:
        assert str(box.index) in text.draw(drawn)
        assert str(box.index) in in_svg
    for arrow in drawn.arrows:
        assert arrow.label in text.draw(drawn)
        assert f"|{arrow.label}|" in mermaid.draw(drawn)
        assert arrow.label in in_svg


def test_names_cannot_break_out_of_the_picture() -> None:
    drawn = graph.graph(NAMED)
    assert not list(ElementTree.fromstring(svg.draw(drawn)).iter(f"{SVG}script"))
    assert any('<script>alert("x")' in label for label in labels(svg.draw(drawn)))
    chart = mermaid.draw(drawn)
    assert "<script" not in chart
    assert '")' not in chart
    for picture in (text.draw(drawn), svg.draw(drawn), chart):
        assert "\x1b" not in picture


def test_boxes_are_as_wide_as_what_terminals_show() -> None:
    lines = text.draw(graph.graph(NAMED)).splitlines()
    assert len({text.columns(line) for line in lines}) == 1


def test_boxes_of_the_svg_do_not_overlap_and_lie_inside() -> None:
    picture = ElementTree.fromstring(svg.draw(graph.graph(FOLLOWING)))
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    boxes = [
        tuple(float(one.attrib[name]) for name in ("x", "y", "width", "height"))
        for one in picture.iter(f"{SVG}rect")
        if "class" in one.attrib
    ]
    assert len(boxes) == 4
    for number, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for ox, oy, ow, oh in boxes[number + 1 :]:
            assert x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y
