"""What people and machines see: tables, progress, JSON."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipl.cli import echo
from pipl.progress import SILENT, Progress

if TYPE_CHECKING:
    from pipl.cli.bars import Bars

SHOWN_AFTER_S = 0.4
"""When a progress display appears; drawing it takes a twentieth of a second to load."""
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
    """Bars on a terminal, which come when a command takes longer than they take to load."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._bars: Bars | None = None
        self._phase: str | None = None
        self._count: tuple[int, int | None, str] | None = None
        self._has_ended = False
        self._appearing = threading.Timer(SHOWN_AFTER_S, self._appear)
        self._appearing.daemon = True

    def __enter__(self) -> _Live:
        self._appearing.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._appearing.cancel()
        with self._turn:
            self._has_ended = True
            if self._bars is not None:
                self._bars.hide()
        self._appearing.join()  # nothing is imported any more while Python ends

    def phase(self, text: str) -> None:
        with self._turn:
            self._phase, self._count = text, None
            if self._bars is not None:
                self._bars.phase(text)

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        with self._turn:
            self._count = (done, total, unit)
            if self._bars is not None:
                self._bars.advance(*self._count)

    def _appear(self) -> None:
        from pipl.cli.bars import Bars

        with self._turn:
            if self._has_ended:
                return
            self._bars = Bars()
            if self._phase is not None:
                self._bars.phase(self._phase)
            if self._count is not None:
                self._bars.advance(*self._count)


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
