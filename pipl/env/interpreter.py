"""A Python interpreter as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version


@dataclass(frozen=True)
class Interpreter:
    """A Python outside of any environment."""

    path: Path
    version: Version

    @property
    def minor(self) -> str:
        """Its language version, such as `3.11`."""
        return f"{self.version.major}.{self.version.minor}"
