"""Asking a server for a list in pages, and afterwards only for what has changed in it.

Both lists of the plugin are told this way: what an index's packls require, and its simple pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import quote, urlencode

from pipl.index.name import IndexName

PAGES = "/+pipl/pages"
"""The list of simple pages (`pipl.index.pages.Page`)."""
EVERYTHING = -1
MAX_PAGES = 10_000
T = TypeVar("T")


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


class Mark(NamedTuple):
    """What a list was last told of: the server's database, the serial, the indexes read.

    `mirrors` are inherited from as well, of which nothing is told but a text for each that
    changes with its settings; None: an older server told nothing of them.
    """

    feed: str
    serial: int
    sources: tuple[str, ...]
    mirrors: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Told(Generic[T]):
    """What a server told: all there is where `anew`, else what has changed and what has gone."""

    mark: Mark
    anew: bool
    found: Mapping[str, T]
    gone: frozenset[str]


@dataclass(frozen=True)
class Listing(Generic[N]):
    """One of the plugin's lists: the path of its page, the key of what it tells, how to read it.

    `parse` raises ValueError for what is not as it should be.
    """

    page: str
    key: str
    parse: Callable[[object], N]

    def fetch(self, ask: Callable[[str], object], index: IndexName, known: Mark | None) -> Told[N]:
        """What has come after `known` (None: everything).

        `ask` gives the JSON document at a path of the server. Raises ValueError for a document
        of another form, and what `ask` raises.
        """
        begun, first = known, None
        found: dict[str, N] = {}
        gone: set[str] = set()
        since, after = (begun.serial if begun else EVERYTHING), ""
        for _ in range(MAX_PAGES):
            page = _Page.parse(ask(self._path(index, since, after)), self.key)
            reference = first or begun
            moved = reference is not None and not page.continues(reference)
            if moved or (since != EVERYTHING and page.full):
                begun, first = None, None
                found, gone = {}, set()
                since, was_after, after = EVERYTHING, after, ""
                if was_after or not page.full:
                    continue  # this page is not the first of a listing
            first = first or page.mark
            for one in map(self.parse, page.found):
                found[one.name] = one
                gone.discard(one.name)
            for name in page.gone:
                found.pop(name, None)
                gone.add(name)
            if page.next is None:
                # what changed while it was listed is told after the first page's serial
                return Told(first, begun is None, found, frozenset(gone))
            after = page.next
        raise ValueError(f"{self.page} has no end")

    def _path(self, index: IndexName, since: int, after: str) -> str:
        asked = {"index": str(index), "since": str(since), "after": after}
        return f"{self.page}?{urlencode(asked, quote_via=quote)}"


class _Page(NamedTuple):
    mark: Mark
    full: bool
    next: str | None
    found: tuple[object, ...]
    gone: tuple[str, ...]

    def continues(self, other: Mark) -> bool:
        """Whether it can be added to what another page of these has told."""
        return (self.mark.feed, self.mark.sources) == (other.feed, other.sources)

    @classmethod
    def parse(cls, document: object, key: str) -> _Page:
        if not isinstance(document, Mapping):
            raise ValueError("not a table")
        feed, serial, following = (document.get(name) for name in ("feed", "serial", "next"))
        if not isinstance(feed, str) or type(serial) is not int:
            raise ValueError("no feed or serial")
        lists = [document.get(name) for name in ("sources", key, "gone")]
        sources, found, gone = (one if isinstance(one, list) else [] for one in lists)
        return cls(
            mark=Mark(feed, serial, tuple(map(str, sources)), _mirrors(document.get("mirrors"))),
            full=document.get("full") is True,
            next=following if isinstance(following, str) else None,
            found=tuple(found),
            gone=tuple(map(str, gone)),
        )


def _mirrors(told: object) -> tuple[str, ...] | None:
    if not isinstance(told, Mapping):
        return None
    return tuple(f"{name} {settings}" for name, settings in told.items())
