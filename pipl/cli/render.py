"""What people and machines see: tables, progress, JSON."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipl.cli import echo
from pipl.progress import SILENT, Progress

_TAKES_OVER = re.compile(
    r"\x1b\](?:[^\x07\x1b]|\x1b(?!\\))*(?:\x07|\x1b\\)"  # titles, links, the clipboard
    r"|\x1b\[[0-9;:<=>?]*[ -/]*[@-ln-~]"  # everything but colours, which end in m
    r"|\x1b(?!\[[0-9;:]*m)"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)
"""What a terminal obeys, besides new lines, tabs and colours."""


def plain(value: object) -> object:
    """A value as JSON knows it: dataclasses as objects, paths and names as texts."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if type(value).__str__ is not object.__str__ or isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    return str(value)


def print_json(value: object) -> None:
    """Print a value as one JSON document."""
    echo.out(json.dumps(plain(value), indent=2, ensure_ascii=False))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print a table, or `empty` where there are no rows. Coloured only on a terminal."""
    import click  # which knows the consoles of Windows
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        drawn.add_column(header, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if not drawn.row_count:
        echo.out(empty)
        return
    width = None if sys.stdout.isatty() else 200
    console = Console(highlight=False, width=width)
    with console.capture() as capture:
        console.print(drawn)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """A progress display on standard error: a live line on a terminal, else a line a phase."""
    if quiet:
        yield SILENT
    elif sys.stderr.isatty():
        with _Live() as live:
            yield live
    else:
        yield _Lines()


def is_piped() -> bool:
    """Whether nobody watches: of short commands not even phases are told then."""
    return not sys.stderr.isatty()


class _Lines:
    """A line for each phase, for logs."""

    def phase(self, text: str) -> None:
        echo.err(f"… {text}")

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        pass


class _Live:
    """One live line with a spinner, and a bar with rate and time left while bytes move.

    What is counted otherwise has a bar with the numbers and the time left.
    """

    def __enter__(self) -> _Live:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as RichProgress

        self._console = Console(stderr=True)
        self._phases = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._bytes = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._counts = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._shown: RichProgress | None = None
        self._text = ""
        return self

    def __exit__(self, *exc: object) -> None:
        self._hide()

    def phase(self, text: str) -> None:
        self._hide()
        self._text = text
        self._phases.add_task(text, total=None)
        self._phases.start()
        self._shown = self._phases

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        wanted = self._bytes if unit == "bytes" else self._counts
        if self._shown is not wanted:
            self._hide()
            wanted.add_task(self._text, total=total)
            wanted.start()
            self._shown = wanted
        wanted.update(wanted.task_ids[0], completed=done, total=total)

    def _hide(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            for task in self._shown.task_ids:
                self._shown.remove_task(task)
            self._shown = None


def harmless(content: bytes) -> bytes:
    """What a program wrote, as it is; on a terminal without what would do more than colour it."""
    if not sys.stdout.isatty():
        return content
    text = content.decode("utf-8", errors="replace")
    return _TAKES_OVER.sub("", text).encode("utf-8")


def seconds(value: float) -> str:
    """A duration for people."""
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.1f} min"


def size(count: int) -> str:
    """A size in bytes for people (powers of 1000)."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def moment(stamp: float | None) -> str:
    """A time (seconds since the epoch) in local time for people."""
    return "" if stamp is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(stamp))
