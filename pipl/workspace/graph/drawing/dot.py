"""The graph in the language of Graphviz, and as the SVG picture that its `dot` makes of it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pipl import process
from pipl.errors.program import PictureNeedsGraphviz, ProgramMissing
from pipl.workspace.graph.drawing.words import printable, remarks, version
from pipl.workspace.graph.graph import LockGraph, Node, Role

TIMEOUT_S = 60.0
_KEPT = ("PATH", "HOME", "SYSTEMROOT", "TMPDIR", "TEMP")
_LOOKS: dict[Role, str] = {
    "workspace": 'shape=folder, fillcolor="#dbe7fb", color="#2a4d8f"',
    "asset": 'shape=box, style="rounded,filled", fillcolor="#d9f2e3", color="#2f7d4f"',
    "task": 'shape=hexagon, fillcolor="#fde8c8", color="#b44d12"',
    "tool": 'shape=box, fillcolor="#f5f7fa", color="#52606d"',
}
_HEAD = (
    "digraph workspace {",
    "  rankdir=LR; labelloc=b; labeljust=l;",
    "  nslimit=1; nslimit1=1;",  # a sixth of the time for 150 packls, and edges hardly longer
    '  node [style=filled, fontname="Helvetica,Arial,sans-serif", fontsize=11];',
    '  edge [color="#52606d", fontname="Helvetica,Arial,sans-serif", fontsize=9];',
)


def draw(graph: LockGraph) -> str:
    """The text that `dot` reads."""
    ids = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    lines = list(_HEAD)
    if remarks(graph):
        lines.append(f"  label={_quoted(chr(10).join(remarks(graph)))};")
    for name, node in graph.nodes.items():
        lines.append(f"  {ids[name]} [label={_quoted(_text(node))}, {_LOOKS[node.role]}];")
    for edge in graph.edges:
        looks = [f"label={_quoted(edge.specifier)}"] if edge.specifier else []
        looks += ["style=dashed"] if edge.extra else []
        lines.append(f"  {ids[edge.source]} -> {ids[edge.target]} [{', '.join(looks)}];")
    return "\n".join([*lines, "}", ""])


def svg(graph: LockGraph, environ: Mapping[str, str]) -> str:
    """Raises PictureNeedsGraphviz where `dot` is not installed, CommandFailed, CommandTimedOut."""
    kept = {key: value for key, value in environ.items() if key.upper() in _KEPT}
    try:
        done = process.run(
            ["dot", "-Tsvg"],
            env={"PATH": os.defpath, **kept},
            stdin=draw(graph),
            timeout_s=TIMEOUT_S,
        )
    except ProgramMissing as fault:
        raise PictureNeedsGraphviz(fault.program) from fault
    return done.stdout


def _text(node: Node) -> str:
    return f"{node.title}\n{version(node)}".rstrip()


def _quoted(text: str) -> str:
    """A string of dot's language, in which only the quote and the backslash are special."""
    lines = (printable(line) for line in text.split("\n"))
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
