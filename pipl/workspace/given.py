"""What the project's own indexes give now, for who compares a lock with it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Protocol

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from pipl.env.lock import index_of, origin_of
from pipl.env.locked import LockedPackage
from pipl.index import release, simple_page
from pipl.index.client import MIRROR_TYPE, IndexClient
from pipl.index.name import IndexName
from pipl.index.nearby import Kept
from pipl.index.release import Release


class Given(Protocol):
    """The releases on an index and on those that it inherits from, but for mirrors."""

    def holds(self, package: LockedPackage) -> bool:
        """Whether it comes from there."""
        ...

    def newest(self, name: str) -> str | None:
        """The newest version that is not yanked (see `release.latest`); None: there is none."""
        ...

    def yanked(self, package: LockedPackage) -> str | None:
        """Why the locked version is yanked, None where it is not."""
        ...


class ByPages:
    """By the simple pages that are kept here: no further question to the server."""

    def __init__(self, kept: Kept, index_url: str) -> None:
        self._folder = kept.folder
        self._origin = origin_of(index_url)
        self._homes = {f"{self._origin}/{source}/+simple/" for source in kept.mark.sources}
        self._seen: dict[str, dict[str, str | None]] = {}

    def holds(self, package: LockedPackage) -> bool:
        home = package.index or index_of(package.files, self._origin)
        return home in self._homes or bool(self._files(package.name))

    def newest(self, name: str) -> str | None:
        files = self._files(name).items()
        found = filter(None, (_version(file) for file, yanked in files if yanked is None))
        newest = max(found, key=lambda one: (not one.is_prerelease, one), default=None)
        return None if newest is None else str(newest)

    def yanked(self, package: LockedPackage) -> str | None:
        reasons = self._files(package.name)
        return next(filter(_is_said, (reasons.get(one.name) for one in package.files)), None)

    def _files(self, name: str) -> dict[str, str | None]:
        """Why each is yanked, None where it is not."""
        if name not in self._seen:
            try:
                text = (self._folder / name / "index.html").read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                text = ""
            self._seen[name] = dict(simple_page.files_of(text))
        return self._seen[name]


class ByReleases:
    """By asking the server for each project: where it does not tell pages, or not to us."""

    def __init__(self, client: IndexClient, index: IndexName) -> None:
        self._client, self._index = client, index
        self._seen: dict[str, tuple[Release, ...]] = {}

    def holds(self, package: LockedPackage) -> bool:
        return package.name in self._homes

    def newest(self, name: str) -> str | None:
        releases = self._releases(name)
        yanked = {one.version for one in releases if one.yanked is not None}  # on any index
        found = release.latest(one for one in releases if one.version not in yanked)
        return found.version if found else None

    def yanked(self, package: LockedPackage) -> str | None:
        found = (
            one.yanked
            for one in self._releases(package.name)
            if release.same_version(one.version, package.version or "")
        )
        return next(filter(_is_said, found), None)

    @cached_property
    def _homes(self) -> dict[str, list[IndexName]]:
        found: dict[str, list[IndexName]] = {}
        for index in own_indexes(self._client, self._index):
            for name in self._client.projects(index):
                found.setdefault(name, []).append(index)
        return found

    def _releases(self, name: str) -> tuple[Release, ...]:
        if name not in self._seen:
            homes: Iterable[IndexName] = self._homes.get(name, ())
            found = (self._client.releases(home, name) for home in homes)
            self._seen[name] = tuple(one for releases in found for one in releases)
        return self._seen[name]


def own_indexes(client: IndexClient, name: IndexName) -> tuple[IndexName, ...]:
    """An index and those it inherits from, nearest first, without mirrors."""
    config = client.index(name)
    if config.type == MIRROR_TYPE:
        return ()
    found = [name]
    for base in config.bases:
        found.extend(index for index in own_indexes(client, base) if index not in found)
    return tuple(found)


def _is_said(reason: str | None) -> bool:
    return reason is not None  # an empty one too


def _version(filename: str) -> Version | None:
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
