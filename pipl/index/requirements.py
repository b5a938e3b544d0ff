"""What everything on an index requires: one request for a whole index, and for what changed.

The page of the server is `/+pipl/requirements` (docs/reference/server.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import InvalidVersion, Version

from pipl.index.listing import Listing, Mark
from pipl.index.name import IndexName
from pipl.index.release import normalised
from pipl.index.wheel_facts import WheelFacts

PAGE = "/+pipl/requirements"
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


@dataclass(frozen=True, eq=False)
class Moved(Mapping[str, IndexedPackl]):
    """The packls of `before` without those that have `gone`, and with what was `found` since."""

    before: Mapping[str, IndexedPackl]
    found: Mapping[str, IndexedPackl]
    gone: frozenset[str]

    def __getitem__(self, name: str) -> IndexedPackl:
        if name in self.found:
            return self.found[name]
        if name in self.gone:
            raise KeyError(name)
        return self.before[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.found
        for name in self.before:
            if name not in self.found and name not in self.gone:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


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
    mark = Mark(begun.feed, begun.serial, begun.sources) if begun else None
    told = Listing(PAGE, "packls", IndexedPackl.from_json).fetch(ask, index, mark)
    packls = told.found
    if begun and not told.anew:
        changed = bool(told.found or told.gone)
        packls = Moved(begun.packls, told.found, told.gone) if changed else begun.packls
    return Requirements(told.mark.feed, str(index), told.mark.serial, told.mark.sources, packls)
