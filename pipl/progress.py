"""How library code says what it is doing, without printing."""

from __future__ import annotations

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
