"""What an index's packls require, kept between commands so that only changes are asked for.

It is a cache of the user's, one file for each server and index: losing it costs one listing,
and one that is damaged, or of another database or login, does not count.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

from pipl.index.name import IndexName
from pipl.index.requirements import Requirements
from pipl.packl.graph import rows
from pipl.packl.graph.graph import Graph
from pipl.packl.graph.rows import Damaged, Rows

FOLDER = "requirements"
MAX_BEHIND = 1_000


class Asked(Protocol):
    """The part of an `IndexClient` that is needed here."""

    @property
    def url(self) -> str: ...

    def requirements(
        self, index: IndexName, *, known: Requirements | None = None
    ) -> Requirements: ...


def read(client: Asked, index: IndexName, cache: Path | None) -> Requirements:
    """As of now; `cache` is the user's cache folder of pipl, None where nothing is kept.

    Raises IndexNotFound, LoginNeeded, NotAllowed, ServerDown.
    """
    if cache is None:
        return client.requirements(index)
    path = _path(cache, client.url, index)
    known = load(path)
    found = client.requirements(index, known=known)
    if known is not None and not _is_worth_keeping(known, found):
        return found
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.write(path, found)
    except (OSError, ValueError):  # it is only a cache
        return found
    kept = load(path)
    # another process may have put an older state there since
    return kept if kept is not None and _is_as_new(kept, found) else found


def _is_as_new(kept: Requirements, found: Requirements) -> bool:
    told = (found.feed, found.serial, found.sources)
    return (kept.feed, kept.serial, kept.sources) == told


def _is_worth_keeping(known: Requirements, found: Requirements) -> bool:
    """A serial alone is not, until the server would have to look through many more."""
    if (known.feed, known.sources) != (found.feed, found.sources):
        return True
    return found.serial - known.serial > MAX_BEHIND or found.packls is not known.packls


def graph(client: Asked, index: IndexName, cache: Path | None) -> Graph:
    """The graph of the packls that an index gives. Raises as `read`."""
    packls = read(client, index, cache).packls
    return Graph(packls, packls if isinstance(packls, Rows) else None)


def load(path: Path) -> Requirements | None:
    """None where there is nothing that can be used."""
    try:
        return Rows(path).state()
    except Damaged:
        return None


def _path(cache: Path, url: str, index: IndexName) -> Path:
    name = hashlib.sha256(f"{url} {index}".encode()).hexdigest()[:32]
    return cache / FOLDER / f"{name}.sqlite"
