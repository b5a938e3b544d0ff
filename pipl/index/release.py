"""Releases: the versions of a project that an index holds, and their files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pipl.index.name import IndexName

_SDIST_ENDINGS = (".tar.gz", ".zip")
_PURE_WHEEL_ENDING = "-none-any.whl"


@dataclass(frozen=True)
class ReleaseFile:
    """One file of a release. `sha256` is hexadecimal, empty where the index knows none."""

    index: IndexName
    project: str
    version: str
    filename: str
    url: str
    sha256: str

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")

    @property
    def is_sdist(self) -> bool:
        return self.filename.endswith(_SDIST_ENDINGS)


@dataclass(frozen=True)
class Release:
    """One version of a project on one index; `project` is normalised (PEP 503).

    `yanked` is why nobody should choose it any more (PEP 592): a reason, which may be empty;
    None where it is not yanked.
    """

    index: IndexName
    project: str
    version: str
    files: tuple[ReleaseFile, ...]
    yanked: str | None = None

    @property
    def wheel(self) -> ReleaseFile | None:
        """A wheel for every platform where there is one, else the first by name."""
        wheels = sorted((file for file in self.files if file.is_wheel), key=lambda f: f.filename)
        pure = [file for file in wheels if file.filename.endswith(_PURE_WHEEL_ENDING)]
        return next(iter(pure or wheels), None)

    @property
    def sdist(self) -> ReleaseFile | None:
        return next((file for file in self.files if file.is_sdist), None)


def normalised(project: str) -> str:
    """A project's name as indexes compare it (PEP 503)."""
    return canonicalize_name(project)


def newest_first(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Sorted by version (PEP 440); what is no such version comes last."""
    return tuple(sorted(releases, key=_order, reverse=True))


def latest(releases: Iterable[Release], *, allow_prereleases: bool = False) -> Release | None:
    """The newest release that is not yanked.

    A pre-release counts where asked for, or where there is nothing else: what an installer
    would take (PEP 440, 'Handling of pre-releases').
    """
    candidates = [
        release
        for release in newest_first(releases)
        if _version(release) is not None and release.yanked is None
    ]
    final = [release for release in candidates if not Version(release.version).is_prerelease]
    return next(iter(candidates if allow_prereleases else final or candidates), None)


def same_version(one: str, other: str) -> bool:
    """Whether two texts mean the same version (`1.0` and `1.0.0`)."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _version(release: Release) -> Version | None:
    try:
        return Version(release.version)
    except InvalidVersion:
        return None


def _order(release: Release) -> tuple[bool, Version, str]:
    version = _version(release)
    return version is not None, version or Version("0"), release.version
