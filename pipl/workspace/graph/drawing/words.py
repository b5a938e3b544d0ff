"""What every picture says of a node, and what it must not pass on."""

from __future__ import annotations

from pipl.workspace.graph.graph import Edge, LockGraph, Node


def version(node: Node) -> str:
    return f"{node.version} edited here" if node.edited else node.version or ""


def remarks(graph: LockGraph) -> list[str]:
    """What is wrong with the graph, a line for each."""
    lines = [f"circle: {' -> '.join(cycle)}" for cycle in graph.cycles]
    lines += [_missing(graph, edge) for edge in graph.missing]
    unknown = sorted(node.title for node in graph.nodes.values() if not node.known)
    if unknown:
        lines.append(f"what they require is not known (pipl work sync): {', '.join(unknown)}")
    return lines


def _missing(graph: LockGraph, edge: Edge) -> str:
    source = graph.nodes[edge.source]
    return f"missing: {source.title} requires {edge.requirement}, which the lock does not hold"


def printable(text: str) -> str:
    """A text without characters that a terminal or a reader of pictures would obey."""
    return "".join(one if one.isprintable() else "�" for one in text)
