"""What a project's `.pipl` says that the server needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tomli

DEFAULT_INDEX = "root/PROJ"
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Mark:
    """The project's name, its default index as `user/name`, and the platforms it locks for."""

    name: str
    index: str
    platforms: tuple[str, ...] = ()


def read(project: Path) -> Mark:
    """As the mark says; what it does not say is the folder's name and the usual index."""
    try:
        with (project / ".pipl").open(encoding="utf-8") as file:
            values = tomli.loads(file.read(MAX_BYTES))
    except (OSError, ValueError):
        values = {}
    name, index, platforms = (values.get(key) for key in ("name", "index", "platforms"))
    return Mark(
        name if isinstance(name, str) else project.name,
        index if isinstance(index, str) and index.count("/") == 1 else DEFAULT_INDEX,
        tuple(filter(_is_text, platforms)) if isinstance(platforms, list) else (),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)
