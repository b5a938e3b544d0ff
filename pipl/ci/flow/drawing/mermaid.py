"""A flow as a Mermaid flowchart, for Markdown pages."""

from __future__ import annotations

from pipl.ci.flow.drawing.graph import Graph, Kind

_PLAIN = frozenset("/ .,:-+()")
_LINES: dict[Kind, str] = {"promote": "-->", "products": "-.->", "follow": "==>"}


def draw(graph: Graph) -> str:
    """The text of a chart, ready to stand in a fenced block."""
    names = {box.index: f"i{number}" for number, box in enumerate(graph.boxes)}
    lines = ["flowchart LR"]
    for box in graph.boxes:
        text = "<br>".join([f"<b>{_escaped(str(box.index))}</b>", *map(_escaped, box.lines)])
        lines.append(f'    {names[box.index]}["{text}"]{"" if box.watched else ":::unwatched"}')
    for arrow in graph.arrows:
        line = _LINES[arrow.main]
        lines.append(f"    {names[arrow.source]} {line}|{arrow.label}| {names[arrow.target]}")
    lines.append("    classDef unwatched stroke-dasharray: 4 4")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Every character that Mermaid or HTML could read as more than itself, by its number."""
    return "".join(one if one.isalnum() or one in _PLAIN else f"#{ord(one)};" for one in text)
