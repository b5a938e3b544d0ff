"""How long things took, for those who estimate how long they will take."""

from __future__ import annotations

from typing import Protocol


class Timings(Protocol):
    """What is known of past runs."""

    def median_s(self, handler: str, packl: str) -> float | None:
        """The median seconds that a handler took for a packl, None where it never ran."""


class NoTimings:
    """Nothing is known."""

    def median_s(self, handler: str, packl: str) -> float | None:
        return None
