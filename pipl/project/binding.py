"""What a workarea, a workspace or a CI job knows of its project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipl.index.name import IndexName


@dataclass(frozen=True)
class Binding:
    """A project as seen from a place that may not see its folder.

    `url` is the server's root without trailing slash; `index` the one that packages resolve
    from; `folder` the project's folder where this machine sees it; `platforms` those that
    locks are made for (none: the one of who makes them).
    """

    name: str
    url: str
    index: IndexName
    folder: Path | None = None
    platforms: tuple[str, ...] = ()

    @property
    def index_url(self) -> str:
        """The simple index (PEP 503) that installers use."""
        return f"{self.url}/{self.index}/+simple/"
