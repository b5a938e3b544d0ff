"""A flow drawn with characters, for terminals."""

from __future__ import annotations

from pipl.ci.flow.drawing.graph import Arrow, Box, Graph

MIN_WIDTH = 24


def draw(graph: Graph) -> str:
    """Boxes below each other in the order of promotion, with arrows between and beside them."""
    if not graph.boxes:
        return "the flow watches no index\n"
    inner = max(MIN_WIDTH, *(columns(text) for box in graph.boxes for text in _texts(box)))
    lines: list[str] = []
    for number, box in enumerate(graph.boxes):
        below = graph.boxes[number + 1] if number + 1 < len(graph.boxes) else None
        leaving = graph.leaving(box.index)
        down = next((one for one in leaving if below and one.target == below.index), None)
        aside = [one for one in leaving if one is not down]
        lines += _drawn(box, inner, aside, down is not None)
        if down is not None:
            lines += [f"    │ {down.label}", "    ▼"]
        elif below is not None:
            lines.append("")
    return "\n".join(lines) + "\n"


def _drawn(box: Box, inner: int, aside: list[Arrow], goes_on: bool) -> list[str]:
    first, *rest = _texts(box)
    frame = [f"╭─ {first} {'─' * (inner - columns(first) - 1)}╮"]
    frame += [f"│ {text}{' ' * (inner - columns(text))} │" for text in rest]
    foot = "─" * (inner + 2)
    frame.append(f"╰───┬{foot[4:]}╯" if goes_on else f"╰{foot}╯")
    notes = [f" ── {arrow.label} ──▶ {shown(str(arrow.target))}" for arrow in aside]
    while len(frame) - 2 < len(notes):
        frame.insert(-1, f"│ {' ' * inner} │")
    for place, note in enumerate(notes, 1):
        frame[place] = f"{frame[place][:-1]}├{note[1:]}"
    return frame


def _texts(box: Box) -> tuple[str, ...]:
    return (shown(str(box.index)), *(shown(line) for line in box.lines))


def shown(text: str) -> str:
    """A text without characters that a terminal would obey."""
    return "".join(one if one.isprintable() else "�" for one in text)


def columns(text: str) -> int:
    """How wide a terminal shows a text."""
    from rich.cells import cell_len

    return cell_len(text)
