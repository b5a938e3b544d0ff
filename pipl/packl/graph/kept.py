"""What an index's packls require, kept between commands so that only changes are asked for.

It is a cache of the user's, one file for each server and index: losing it costs one listing,
and one that is damaged, or of another database or login, does not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from pipl import durable
from pipl.errors import DiskFull
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.requirements import IndexedPackl, Requirements
from pipl.packl.graph.graph import Graph

FORMAT = "pipl-requirements/1"
FOLDER = "requirements"
MAX_BYTES = 256_000_000
MAX_BEHIND = 1_000


def read(client: IndexClient, index: IndexName, cache: Path | None) -> Requirements:
    """As of now; `cache` is the user's cache folder of pipl, None where nothing is kept.

    Raises IndexNotFound, LoginNeeded, NotAllowed, ServerDown.
    """
    if cache is None:
        return client.requirements(index)
    path = _path(cache, client.url, index)
    known = load(path)
    found = client.requirements(index, known=known)
    if known is None or _is_worth_keeping(known, found):
        with contextlib.suppress(OSError, DiskFull):  # it is only a cache
            save(path, found)
    return found


def _is_worth_keeping(known: Requirements, found: Requirements) -> bool:
    """A serial alone is not, until the server would have to look through many more."""
    if (known.feed, known.sources) != (found.feed, found.sources):
        return True
    return found.serial - known.serial > MAX_BEHIND or found.packls != known.packls


def graph(client: IndexClient, index: IndexName, cache: Path | None) -> Graph:
    """The graph of the packls that an index gives. Raises as `read`."""
    return Graph(read(client, index, cache).packls)


def load(path: Path) -> Requirements | None:
    """None where there is nothing that can be used."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        head, _, body = path.read_bytes().partition(b"\n")
        if head != _head(body):
            return None
        values = json.loads(body)
        packls = [IndexedPackl.of_checked(one) for one in values["packls"]]
        return Requirements(
            feed=str(values["feed"]),
            index=str(values["index"]),
            serial=values["serial"],
            sources=tuple(map(str, values["sources"])),
            packls={packl.name: packl for packl in packls},
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def save(path: Path, found: Requirements) -> None:
    """Whole or not at all; for its owner only. Raises OSError, DiskFull."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {
        "feed": found.feed,
        "index": found.index,
        "serial": found.serial,
        "sources": list(found.sources),
        "packls": [packl.to_json() for packl in found.packls.values()],
    }
    body = json.dumps(values, separators=(",", ":")).encode("utf-8")
    durable.write_bytes(path, _head(body) + b"\n" + body, mode=0o600)


def _head(body: bytes) -> bytes:
    """The first line: what is behind it is whole, and so need not be looked at piece by piece."""
    return f"{FORMAT} {hashlib.sha256(body).hexdigest()}".encode("ascii")


def _path(cache: Path, url: str, index: IndexName) -> Path:
    name = hashlib.sha256(f"{url} {index}".encode()).hexdigest()[:32]
    return cache / FOLDER / f"{name}.json"
