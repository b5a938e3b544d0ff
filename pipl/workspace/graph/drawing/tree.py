"""The graph as a tree of lines, for terminals: what was told already is not told again."""

from __future__ import annotations

from pipl.workspace.graph.drawing.words import printable, remarks, version
from pipl.workspace.graph.graph import WORKSPACE, Edge, LockGraph, Node


def draw(graph: LockGraph) -> str:
    """One line for each requirement; `…` stands for what is below a package told before."""
    lines = [graph.top.title]
    told: set[str] = set()
    waiting = [(edge, "", at) for at, edge in _numbered(graph, WORKSPACE)]
    while waiting:
        edge, indent, left = waiting.pop()
        node = graph.nodes[edge.target]
        below = _numbered(graph, edge.target)
        again = edge.target in told and bool(below)
        extra = f" with extra {edge.extra}" if edge.extra else ""
        asked = f"  ({edge.requirement}{extra})" if edge.specifier or extra else ""
        lines.append(f"{indent}{'├' if left else '└'}── {_named(node)}{asked}{' …' * again}")
        if edge.target not in told:
            told.add(edge.target)
            further = f"{indent}{'│   ' if left else '    '}"
            waiting += [(one, further, at) for at, one in below]
    return "\n".join(map(printable, [*lines, *remarks(graph)])) + "\n"


def _numbered(graph: LockGraph, name: str) -> list[tuple[int, Edge]]:
    """What a node requires, the last first, each with how many come after it."""
    return list(enumerate(reversed(graph.leaving(name))))


def _named(node: Node) -> str:
    mark = "" if node.role == "tool" else f" [{node.role}]"
    return f"{node.title} {version(node)}{mark}".rstrip()
