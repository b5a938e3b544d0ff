"""What a project's `.pipl` says that the server needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tomli

DEFAULT_INDEX = "root/PROJ"
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Mark:
    """The project's name, and its default index as `user/name`."""

    name: str
    index: str


def read(project: Path) -> Mark:
    """As the mark says; what it does not say is the folder's name and the usual index."""
    try:
        with (project / ".pipl").open(encoding="utf-8") as file:
            values = tomli.loads(file.read(MAX_BYTES))
    except (OSError, ValueError):
        values = {}
    name, index = values.get("name"), values.get("index")
    return Mark(
        name if isinstance(name, str) else project.name,
        index if isinstance(index, str) and index.count("/") == 1 else DEFAULT_INDEX,
    )
