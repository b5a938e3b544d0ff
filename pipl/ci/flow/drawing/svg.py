"""A flow as an SVG picture of its own: no script, no font and no style from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from pipl.ci.flow.drawing.graph import Arrow, Box, Graph
from pipl.ci.flow.drawing.text import columns, shown
from pipl.index.name import IndexName

CHARACTER = 7.3
"""The width of a character of the font, in units of the picture."""
LINE = 18.0
PAD = 12.0
GAP_X = 120.0
GAP_Y = 30.0
MARGIN = 24.0
LOOP = 28.0
"""How far below the boxes the first arrow that leads back runs; the others below it."""
SIDE = 18.0
"""How far beside boxes such an arrow runs up and down; each further one 6 more."""
_STYLE = """
  text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2933; }
  .name { font-weight: bold; }
  .box { fill: #f5f7fa; stroke: #52606d; stroke-width: 1.5; }
  .unwatched { fill: #ffffff; stroke-dasharray: 4 4; }
  .arrow { fill: none; stroke: #52606d; stroke-width: 1.5; }
  .products { stroke-dasharray: 6 4; }
  .follow { stroke: #b44d12; }
  .label { font-size: 11px; fill: #52606d; paint-order: stroke; stroke: #fff; stroke-width: 4px; }
"""


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def draw(graph: Graph) -> str:
    """The whole document; boxes stand in columns, from left to right as releases go on."""
    at = {box.index: box.column for box in graph.boxes}
    backward = [one for one in graph.arrows if at[one.source] >= at[one.target]]
    beside = _side(len(backward)) if backward else 0.0
    placed, width, bottom = _place(graph, beside)
    height = bottom + LOOP * len(backward) + MARGIN
    body = [_box(one) for one in placed.values()]
    for arrow in graph.arrows:
        if arrow in backward:
            number = backward.index(arrow)
            body.append(_loop(arrow, placed, bottom + LOOP * (number + 1), _side(number)))
        else:
            body.append(_curve(arrow, placed))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
    )
    tip = (
        '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" '
        'fill="#52606d"/></marker>'
    )
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    parts = [head, "<title>CI flow</title>", f"<style>{_STYLE}</style>", f"<defs>{tip}</defs>"]
    return "\n".join([*parts, ground, *body, "</svg>", ""])


def _place(graph: Graph, beside: float) -> tuple[dict[IndexName, _Placed], float, float]:
    """Where each box stands, how wide the picture is, and how far down boxes reach.

    `beside` is left free on both sides, for arrows.
    """
    placed: dict[IndexName, _Placed] = {}
    x, bottom = MARGIN + beside, MARGIN
    for column in sorted({box.column for box in graph.boxes}):
        boxes = [box for box in graph.boxes if box.column == column]
        width = max(_width(box) for box in boxes)
        y = MARGIN
        for box in boxes:
            height = PAD * 2 + LINE * (1 + len(box.lines)) - 4
            placed[box.index] = _Placed(box, x, y, width, height)
            y += height + GAP_Y
        bottom = max(bottom, y - GAP_Y)
        x += width + GAP_X
    return placed, max(x - GAP_X, MARGIN) + beside + MARGIN, bottom


def _side(number: int) -> float:
    return SIDE + 6 * number


def _width(box: Box) -> float:
    return PAD * 2 + CHARACTER * max(columns(text) for text in (str(box.index), *box.lines))


def _box(one: _Placed) -> str:
    look = "box" if one.box.watched else "box unwatched"
    lines = [
        f'<rect class="{look}" x="{one.x:.1f}" y="{one.y:.1f}" width="{one.width:.1f}" '
        f'height="{one.height:.1f}" rx="6"/>'
    ]
    for number, text in enumerate((str(one.box.index), *one.box.lines)):
        y = one.y + PAD + LINE * number + 11
        look = ' class="name"' if not number else ""
        lines.append(f'<text{look} x="{one.x + PAD:.1f}" y="{y:.1f}">{_text(text)}</text>')
    return "\n".join(lines)


def _curve(arrow: Arrow, placed: dict[IndexName, _Placed]) -> str:
    """From the right side of a box to the left side of one in a later column."""
    source, target = placed[arrow.source], placed[arrow.target]
    x1, y1, x2, y2 = source.x + source.width, source.middle, target.x, target.middle
    bend = (x2 - x1) / 2
    bends = f"C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f}"
    path = f"M{x1:.1f} {y1:.1f} {bends} {x2:.1f} {y2:.1f}"
    return _arrow(arrow, path, (x1 + x2) / 2, (y1 + y2) / 2 - 6)


def _loop(arrow: Arrow, placed: dict[IndexName, _Placed], y: float, beside: float) -> str:
    """Around below all boxes, back to one of the same or an earlier column."""
    source, target = placed[arrow.source], placed[arrow.target]
    right, left = source.x + source.width, target.x
    path = (
        f"M{right:.1f} {source.middle:.1f} H{right + beside:.1f} V{y:.1f} "
        f"H{left - beside:.1f} V{target.middle:.1f} H{left:.1f}"
    )
    return _arrow(arrow, path, (right + left) / 2, y - 5)


def _arrow(arrow: Arrow, path: str, x: float, y: float) -> str:
    return (
        f'<path class="arrow {arrow.main}" marker-end="url(#tip)" d="{path}"/>\n'
        f'<text class="label" text-anchor="middle" x="{x:.1f}" y="{y:.1f}">'
        f"{_text(arrow.label)}</text>"
    )


def _text(text: str) -> str:
    """For XML, spaces at the start kept."""
    plain = escape(shown(text))
    own = plain.lstrip(" ")
    return "\u00a0" * (len(plain) - len(own)) + own
