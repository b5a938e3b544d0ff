"""How long work on assets tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told while assets are read, sent or fetched, by several threads at once; sizes in bytes."""

    def expect(self, size: int, objects: int) -> None:
        """So much more has to be done; may be said several times."""

    def advance(self, size: int, objects: int = 0) -> None:
        """So much more is done; a retry may make it go back (a negative size)."""


class _Silent:
    def expect(self, size: int, objects: int) -> None:
        return

    def advance(self, size: int, objects: int = 0) -> None:
        return


SILENT: Progress = _Silent()
