"""How library code says what it is doing, without printing."""

from __future__ import annotations

import threading
from typing import Protocol


class Progress(Protocol):
    """Receives what happens; the command line draws it, tests ignore it."""

    def phase(self, text: str) -> None:
        """A new phase begins, such as `resolving 12 requirements`."""

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        """The current phase has done `done` of `total` (None: unknown)."""


class _Silent:
    def phase(self, text: str) -> None:
        pass

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        pass


SILENT: Progress = _Silent()


class Counted:
    """Adds up what the threads of an asset's transfer tell, for a Progress, in bytes.

    It is told as `pipl_pipe.asset.progress.Progress` says.
    """

    def __init__(self, progress: Progress) -> None:
        self.objects = 0
        self.size = 0
        self._progress = progress
        self._expected = 0
        self._lock = threading.Lock()

    def expect(self, size: int, objects: int) -> None:
        """So many bytes and objects more are to come."""
        with self._lock:
            self._expected += size
            self._progress.advance(self.size, self._expected)

    def advance(self, size: int, objects: int = 0) -> None:
        """So many more have travelled; negative where they have to travel again."""
        with self._lock:
            self.size += size
            self.objects += objects
            self._progress.advance(self.size, self._expected)
