"""The graph as a Mermaid flowchart, for Markdown pages."""

from __future__ import annotations

from pipl.workspace.graph.drawing.words import remarks, version
from pipl.workspace.graph.graph import LockGraph, Node, Role

_PLAIN = frozenset("/ .,:-+()=_")
_SHAPES: dict[Role, tuple[str, str]] = {
    "workspace": ("[[", "]]"),
    "asset": ("([", "])"),
    "task": ("{{", "}}"),
    "tool": ("[", "]"),
}
_LOOKS = (
    "    classDef asset fill:#d9f2e3,stroke:#2f7d4f",
    "    classDef task fill:#fde8c8,stroke:#b44d12",
    "    classDef tool fill:#f5f7fa,stroke:#52606d",
    "    classDef workspace fill:#dbe7fb,stroke:#2a4d8f",
)


def draw(graph: LockGraph) -> str:
    """The text of a chart, ready to stand in a fenced block."""
    ids = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for name, node in graph.nodes.items():
        begin, end = _SHAPES[node.role]
        lines.append(f'    {ids[name]}{begin}"{_text(node)}"{end}:::{node.role}')
    for edge in graph.edges:
        label = f"|{_escaped(edge.specifier)}|" if edge.specifier else ""
        line = "-.->" if edge.extra else "-->"
        lines.append(f"    {ids[edge.source]} {line}{label} {ids[edge.target]}")
    lines += _LOOKS
    lines += [f"    %% {_escaped(remark)}" for remark in remarks(graph)]
    return "\n".join(lines) + "\n"


def _text(node: Node) -> str:
    return f"<b>{_escaped(node.title)}</b><br>{_escaped(version(node))}".removesuffix("<br>")


def _escaped(text: str) -> str:
    """Every character that Mermaid or HTML could read as more than itself, by its number."""
    return "".join(one if one.isalnum() or one in _PLAIN else f"#{ord(one)};" for one in text)
