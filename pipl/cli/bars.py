"""Progress as it is drawn on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bars:
    """One live line with a spinner, and a bar with rate and time left while bytes move.

    What is counted otherwise has a bar with the numbers and the time left.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._phases = self._made(SpinnerColumn(), _text(), TimeElapsedColumn())
        self._bytes = self._made(
            _text(), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
        )
        self._counts = self._made(_text(), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._shown: Progress | None = None
        self._phase = ""

    def phase(self, text: str) -> None:
        self.hide()
        self._phase = text
        self._phases.add_task(text, total=None)
        self._shown = self._phases  # first, so that whatever interrupts this hides it
        self._phases.start()

    def advance(self, done: int, total: int | None, unit: str) -> None:
        wanted = self._bytes if unit == "bytes" else self._counts
        if self._shown is not wanted:
            self.hide()
            wanted.add_task(self._phase, total=total)
            self._shown = wanted
            wanted.start()
        wanted.update(wanted.task_ids[0], completed=done, total=total)

    def hide(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            for task in self._shown.task_ids:
                self._shown.remove_task(task)
            self._shown = None

    def _made(self, *columns: ProgressColumn) -> Progress:
        return Progress(*columns, console=self._console, transient=True)


def _text() -> TextColumn:
    return TextColumn("{task.description}")
