"""What everything on an index requires: one request for a whole index, and for what changed.

The page of the server is `/+pipl/requirements` (docs/reference/server.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from packaging.version import InvalidVersion, Version

from pipl.index.name import IndexName
from pipl.index.release import normalised
from pipl.index.wheel_facts import WheelFacts

PAGE = "/+pipl/requirements"
EVERYTHING = -1
MAX_PAGES = 10_000
MAX_REQUIREMENTS = 1_000
"""How many of one release are told; whoever has more is marked as not `complete`."""


@dataclass(frozen=True)
class IndexedPackl:
    """The newest release of a project that an index gives (see `release.latest`).

    `index` is the one that holds it, `sha256` that of its wheel (empty where it has only an
    sdist, of which `facts` says nothing). `requires` are PEP 508 texts as they were uploaded.
    """

    name: str
    version: str
    index: str
    sha256: str = ""
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    complete: bool = True
    facts: WheelFacts = field(default_factory=WheelFacts)

    @property
    def kind(self) -> str:
        return self.facts.kind

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "version": self.version,
            "index": self.index,
            "sha256": self.sha256,
            "requires": list(self.requires),
            "requires_python": self.requires_python,
            "complete": self.complete,
            **self.facts.to_json(),
        }

    @classmethod
    def from_json(cls, value: object) -> IndexedPackl:
        """Raises ValueError where `value` is not what `to_json` gives."""
        if not isinstance(value, Mapping):
            raise ValueError(f"a packl is a table, not {value!r:.100}")
        texts = [value.get(key) for key in ("name", "version", "index", "sha256")]
        name, version, index, sha256 = (one if isinstance(one, str) else "" for one in texts)
        requires, python = value.get("requires"), value.get("requires_python")
        if not (name and version and index and isinstance(requires, list)):
            raise ValueError(f"no packl: {value!r:.100}")
        return cls(
            name=normalised(name),
            version=version,
            index=index,
            sha256=sha256,
            requires=tuple(text for text in requires if isinstance(text, str)),
            requires_python=python if isinstance(python, str) else None,
            complete=value.get("complete") is not False,
            facts=WheelFacts.from_json(value),
        )

    @classmethod
    def of_checked(cls, value: Mapping[str, Any]) -> IndexedPackl:
        """What `to_json` gave here, so that nothing of it need be checked. Raises KeyError."""
        return cls(
            value["name"],
            value["version"],
            value["index"],
            value["sha256"],
            tuple(value["requires"]),
            value["requires_python"],
            value["complete"],
            WheelFacts(
                value["kind"],
                value["type"],
                value["follow"],
                tuple(value["products"]),
                value["task"],
                value["locked"],
            ),
        )


@dataclass(frozen=True)
class Requirements:
    """The packls that `index` gives whoever asked, by name, as of the server's `serial`.

    `sources` are the indexes that were read, nearest first: the index itself and those it
    inherits from, but for mirrors and for those that the asker may not read. `feed` is the
    identity of the server's database, outside of which a serial means nothing.
    """

    feed: str
    index: str
    serial: int
    sources: tuple[str, ...]
    packls: Mapping[str, IndexedPackl]


def order(version: str) -> tuple[bool, bool, Version]:
    """Sorts versions so that the one an installer would take is the greatest.

    Final ones come after pre-releases, and texts that are no version first of all.
    """
    try:
        parsed = Version(version)
    except InvalidVersion:
        return False, False, Version("0")
    return True, not parsed.is_prerelease, parsed


def fetch(
    ask: Callable[[str], object], index: IndexName, known: Requirements | None
) -> Requirements:
    """Bring `known` (None: nothing) up to date by asking for pages.

    `ask` gives the JSON document at a path of the server. Raises ValueError for a document of
    another form, and what `ask` raises.
    """
    begun = known if known is not None and known.index == str(index) else None
    packls, since, after = _beginning(begun)
    first: _Page | None = None
    for _ in range(MAX_PAGES):
        page = _Page.parse(ask(_path(index, since, after)))
        reference = first or begun
        moved = reference is not None and not page.continues(reference.feed, reference.sources)
        anew = since != EVERYTHING and page.full
        if moved or anew:
            begun, first = None, None
            packls, since, was_after = {}, EVERYTHING, after
            after = ""
            if was_after or not page.full:
                continue  # this page is not the first of a listing
        first = first or page
        packls.update((packl.name, packl) for packl in page.packls)
        for name in page.gone:
            packls.pop(name, None)
        if page.next is None:
            # what changed while it was listed is told after the first page's serial
            return Requirements(first.feed, str(index), first.serial, first.sources, packls)
        after = page.next
    raise ValueError(f"{PAGE} has no end")


def _beginning(known: Requirements | None) -> tuple[dict[str, IndexedPackl], int, str]:
    return (dict(known.packls), known.serial, "") if known else ({}, EVERYTHING, "")


@dataclass(frozen=True)
class _Page:
    feed: str
    serial: int
    sources: tuple[str, ...]
    full: bool
    next: str | None
    packls: tuple[IndexedPackl, ...]
    gone: tuple[str, ...]

    def continues(self, feed: str, sources: tuple[str, ...]) -> bool:
        """Whether it can be added to what another page of these has told."""
        return (self.feed, self.sources) == (feed, sources)

    @classmethod
    def parse(cls, document: object) -> _Page:
        if not isinstance(document, Mapping):
            raise ValueError("not a table")
        feed, serial, following = (document.get(key) for key in ("feed", "serial", "next"))
        if not isinstance(feed, str) or type(serial) is not int:
            raise ValueError("no feed or serial")
        lists = [document.get(key) for key in ("sources", "packls", "gone")]
        sources, packls, gone = (one if isinstance(one, list) else [] for one in lists)
        return cls(
            feed=feed,
            serial=serial,
            sources=tuple(map(str, sources)),
            full=document.get("full") is True,
            next=following if isinstance(following, str) else None,
            packls=tuple(map(IndexedPackl.from_json, packls)),
            gone=tuple(map(str, gone)),
        )


def _path(index: IndexName, since: int, after: str) -> str:
    asked = {"index": str(index), "since": str(since), "after": after}
    return f"{PAGE}?{urlencode(asked, quote_via=quote)}"
