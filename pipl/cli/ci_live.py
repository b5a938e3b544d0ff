"""The live picture of CI: what runs, what waits, what has ended."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pipl.cli import render

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from pipl.ci.ledger.overview import Overview
    from pipl.ci.run import Run

EVERY_S = 1.0
SNAPSHOT_S = 5.0
SNAPSHOT_ENDS = 15
WHOLE = ("run", "state", "took", "elapsed")
WIDE = 110
"""From so many columns on, also the machine is shown that a run is on."""
COLOURS = {
    "passed": "green",
    "failed": "bold red",
    "held": "yellow",
    "cancelled": "dim",
    "running": "cyan",
}


@dataclass(frozen=True)
class View:
    """What is shown at `now`, in seconds since the epoch."""

    title: str
    overview: Overview
    now: float


GetView = Callable[[int], View]
"""What there is now, with so many of the newest ends."""


def show(view: GetView) -> None:
    """Show it on the terminal until q or Ctrl-C, and leave the terminal as it was.

    Where the ledger cannot be reached, the fault is raised.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with (
        _keys() as pressed,
        contextlib.suppress(KeyboardInterrupt),
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while True:
            width, height = console.size
            live.update(picture(view(height), width=width, height=height), refresh=True)
            if pressed(EVERY_S) in ("q", "Q"):
                return


def print_snapshots(view: GetView, *, wait: Callable[[float], None] = time.sleep) -> None:
    """Print what there is, and from then on what has changed, until Ctrl-C."""
    said: list[str] = []
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            now = view(SNAPSHOT_ENDS)
            lines = snapshot(now)
            new = [line for line in lines if line not in said]
            if new:
                click.echo("\n".join((f"--- {render.moment(now.now)}", *new)))
                sys.stdout.flush()
            said = lines
            wait(SNAPSHOT_S)


def snapshot(view: View) -> list[str]:
    """The same as lines of text, without what changes by the mere passing of time."""
    seen = view.overview
    lines = [f"{view.title}: {_counts(seen)}"]
    for run in seen.running:
        attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
        lines.append(f"run {run.id} running: {run.title}{attempt}")
    for run in seen.ended:
        because = f": {run.reason.splitlines()[0]}" if run.reason else ""
        lines.append(f"run {run.id} {run.state}: {run.title}{because}")
    return lines


def picture(view: View, *, width: int, height: int) -> RenderableType:
    """What fits into so many columns and lines."""
    from rich.console import Group
    from rich.text import Text

    seen = view.overview
    shown = max(height - 8, 2)
    running = seen.running[: max(shown - 3, 1)]
    left_out = len(seen.running) - len(running)
    head = Text.assemble(
        (f"CI of {view.title}", "bold"), "  ", _counts(seen), "  ", (_age(view), "yellow")
    )
    head.no_wrap, head.overflow = True, "ellipsis"
    parts: list[RenderableType] = [head, Text("")]
    if running:
        parts.append(_running(view, running, with_host=width >= WIDE))
    else:
        parts.append(Text("nothing runs", style="dim"))
    if left_out:
        parts.append(Text(f"… and {left_out} more", style="dim"))
    parts += [Text(""), _ended(seen.ended[: max(shown - len(running), 1)])]
    foot = Text(f"{render.moment(view.now)}   q: quit", style="dim")
    return Group(*parts, Text(""), foot)


def _counts(seen: Overview) -> str:
    waiting = sum(seen.queued.values())
    by_handler = ", ".join(f"{count} {name}" for name, count in sorted(seen.queued.items()))
    queued = f"{waiting} queued" + (f" ({by_handler})" if waiting else "")
    return f"{len(seen.running)} running, {queued}, {seen.held} held"


def _age(view: View) -> str:
    since = view.overview.waits_since
    waits_s = 0.0 if since is None else view.now - since
    return f"the longest waits {render.seconds(waits_s)}" if waits_s >= 10 else ""


def _running(view: View, runs: tuple[Run, ...], *, with_host: bool) -> Table:
    from rich.progress_bar import ProgressBar

    table = _table("run", "handler", "packl", "index", *["host"] * with_host, "", "elapsed")
    length = 20 if with_host else 8
    for run in runs:
        elapsed_s = max(view.now - (run.started_at or view.now), 0.0)
        usual_s = view.overview.usual_s.get(run.handler)
        if usual_s:
            done = min(elapsed_s / usual_s, 1.0)
            bar = ProgressBar(total=1.0, completed=done, width=length)
            of = f"{render.seconds(elapsed_s)} of ~{render.seconds(usual_s)}"
        else:
            bar = ProgressBar(total=1.0, completed=0.0, width=length)
            of = render.seconds(elapsed_s)
        attempt = f" (attempt {run.attempt})" if run.attempt > 1 else ""
        step = " delivering" if run.step != "job" else ""
        host = [_plain(run.host or "")] * with_host
        table.add_row(*_cells(run), *host, bar, _plain(of + attempt + step))
    return table


def _ended(runs: tuple[Run, ...]) -> Table:
    from rich.text import Text

    table = _table("run", "handler", "packl", "index", "state", "took", "why")
    for run in runs:
        took_s = (run.ended_at or 0.0) - run.started_at if run.started_at is not None else None
        took = "" if took_s is None or took_s < 0 else render.seconds(took_s)
        why = run.reason.splitlines()[0] if run.reason else ""
        state = Text(run.state, style=COLOURS.get(run.state, ""))
        table.add_row(*_cells(run), state, took, _plain(why))
    return table


def _table(*headers: str) -> Table:
    """Each row is one line; where it is narrow, columns of names are cut first."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(_plain(header), no_wrap=header in WHOLE, overflow="ellipsis")
    return table


def _cells(run: Run) -> tuple[Text, ...]:
    texts = (str(run.id), run.handler, f"{run.project} {run.version}", str(run.index))
    return tuple(_plain(text) for text in texts)


def _plain(text: str) -> Text:
    from rich.text import Text

    shown = "".join(one for one in text if one.isprintable())
    return Text(shown, no_wrap=True, overflow="ellipsis")


@contextlib.contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """A function that waits so many seconds for a key; keys are neither shown nor line-wise."""
    if sys.platform == "win32" or not sys.stdin.isatty():  # Ctrl-C alone ends it
        yield _no_key
        return
    import select
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def pressed(wait_s: float) -> str:
        ready, _, _ = select.select([descriptor], [], [], wait_s)
        return os.read(descriptor, 1).decode("ascii", errors="replace") if ready else ""

    try:
        tty.setcbreak(descriptor)
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _no_key(wait_s: float) -> str:
    time.sleep(wait_s)
    return ""
