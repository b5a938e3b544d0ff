"""An index's simple pages in a folder on this machine, kept equal to the server's by its serial.

One request tells whether anything has changed, and what: a resolver that reads this folder
first asks the server for no page of the project's (file URLs of PEP 503 folders are indexes to
uv). It is a cache of the user's; what is lost or damaged is fetched anew.

    FOLDER/<server and index>/state.json
    FOLDER/<server and index>/simple/<project>/index.html
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipl import durable
from pipl.errors.access import AccessError
from pipl.errors.base import DiskFull
from pipl.errors.server import UnexpectedReply
from pipl.index.listing import PAGES, Listing, Mark, Told
from pipl.index.name import IndexName
from pipl_pipe.asset.disk import locking

if TYPE_CHECKING:
    from pipl.index.pages import Page

FORMAT = "pipl-pages/2"
FOLDER = "pages"
MAX_BEHIND = 1_000
BULK = 50
"""More pages than these are brought to the disk together."""
TIMEOUT_S = 300.0
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Asked(Protocol):
    """The part of an `IndexClient` that is needed here."""

    @property
    def url(self) -> str: ...

    def get_json(self, path: str, *, timeout_s: float) -> object: ...


class Kept(NamedTuple):
    """A folder of simple pages, and of which state of the index they are."""

    folder: Path
    mark: Mark


def current(client: Asked, index: IndexName, cache: Path) -> Kept | None:
    """The pages of an index as of now; `cache` is the user's cache folder of pipl.

    None where the server does not tell them (an older one, or one that does not tell us), or
    there is no place for them: then its own pages are to be read. Raises ServerDown.
    """
    place = _place(cache, client.url, index)
    known = _load(place)
    try:
        told = _fetch(client, index, known)
        if known is not None and _is_same(told, known):
            return _kept(place, known)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locking.locked(place / "lock"):
            if (now := _load(place)) != known:  # another process was quicker
                told = _fetch(client, index, now)
            _write(place, told, client.url)
    except (UnexpectedReply, AccessError, ValueError, OSError, DiskFull):
        return None
    return _kept(place, told.mark)


def seen(url: str, index: IndexName, cache: Path) -> Kept | None:
    """The pages as they were when last asked for; None where they never were."""
    place = _place(cache, url, index)
    known = _load(place)
    return None if known is None else _kept(place, known)


def _kept(place: Path, mark: Mark) -> Kept:
    return Kept(place / "simple", mark)


def forget(url: str, index: IndexName, cache: Path) -> None:
    """Have the pages of an index on the server at `url` fetched anew the next time."""
    with contextlib.suppress(OSError):
        (_place(cache, url, index) / "state.json").unlink()


def _fetch(client: Asked, index: IndexName, known: Mark | None) -> Told[Page]:
    """Raises ValueError, and what the client raises."""
    pages = Listing(PAGES, "pages", _page)
    return pages.fetch(lambda path: client.get_json(path, timeout_s=TIMEOUT_S), index, known)


def _page(value: object) -> Page:
    from pipl.index.pages import Page  # slow to import, and seldom has one changed

    return Page.from_json(value)


def _is_same(told: Told[Page], known: Mark) -> bool:
    """A serial alone is not written, until the server would have to look through many more."""
    unchanged = not (told.anew or told.found or told.gone) and told.mark.mirrors == known.mirrors
    return unchanged and told.mark.serial - known.serial <= MAX_BEHIND


def _write(place: Path, told: Told[Page], url: str) -> None:
    """First the pages, each whole or not at all, then what they are of."""
    from pipl.index import simple_page  # slow to import, and seldom is there something to write

    pages = place / "simple"
    if any(not _NAME.fullmatch(name) for name in told.found):
        raise ValueError("a name that is none")
    if told.anew:
        (place / "state.json").unlink(missing_ok=True)
        shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(exist_ok=True)
    is_bulk = len(told.found) > BULK
    for name, page in told.found.items():
        target = pages / name
        target.mkdir(exist_ok=True)
        text = simple_page.as_html(page, f"{url}/")
        if is_bulk:
            aside = target / "index.html.new"
            aside.write_text(text, encoding="utf-8")
            aside.replace(target / "index.html")
        else:
            durable.write_text(target / "index.html", text)
    for name in told.gone:
        if _NAME.fullmatch(name):
            shutil.rmtree(pages / name, ignore_errors=True)
    if is_bulk and hasattr(os, "sync"):
        os.sync()  # once, before it is said that they are there
    mark = told.mark
    state = {
        "format": FORMAT,
        "feed": mark.feed,
        "serial": mark.serial,
        "sources": list(mark.sources),
        "mirrors": mark.mirrors,
    }
    durable.write_text(place / "state.json", json.dumps(state))


def _load(place: Path) -> Mark | None:
    """None where there is nothing that can be used."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        match json.loads((place / "state.json").read_bytes()):
            case {
                "format": "pipl-pages/2",
                "feed": str(feed),
                "serial": int(serial),
                "sources": list(sources),
                "mirrors": list() | None as mirrors,
            }:
                told = None if mirrors is None else tuple(map(str, mirrors))
                return Mark(feed, serial, tuple(map(str, sources)), told)
    return None


def _place(cache: Path, url: str, index: IndexName) -> Path:
    name = hashlib.sha256(f"{url} {index}".encode()).hexdigest()[:32]
    return cache / FOLDER / name
