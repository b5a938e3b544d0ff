"""The lock of an environment: a `pylock.toml` (PEP 751) as a value.

Every file has a sha256. Folders (packls being edited) stand relative to the workspace. The
`[tool.pipl]` table keeps the server's root under `origin`, so that a lock still fits when the
server moves to another host or port.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from pipl import durable
from pipl.env import lock_format
from pipl.env.lock_format import Content
from pipl.env.locked import LockedFile, LockedPackage
from pipl.errors.env import InvalidLock

__all__ = ["Lock", "LockedFile", "LockedPackage", "index_of", "origin_of"]

_ANYWHERE = "origin:"
"""Stands for the server's root in what a lock's digest is made from."""


@dataclass(frozen=True)
class Lock:
    """The packages of an environment, by name; `index_url` is where they were resolved.

    With `platforms` (as projects name them) it holds what is needed on any of them: a name
    may then stand there twice, with markers that exclude each other. `as_of` is the time whose
    state of that index was asked for (None: that of then).
    """

    packages: tuple[LockedPackage, ...]
    requires_python: str | None = None
    index_url: str | None = None
    origin: str | None = None
    platforms: tuple[str, ...] = ()
    as_of: str | None = None

    def __post_init__(self) -> None:
        ordered = sorted(self.packages, key=_order)
        object.__setattr__(self, "packages", tuple(ordered))

    @classmethod
    def parse(cls, text: str, *, source: str = "the lock") -> Lock:
        """Raises InvalidLock, which calls the text `source`."""
        return cls._parse(text, source, None)

    @classmethod
    def read(cls, path: Path) -> Lock:
        """Raises InvalidLock."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise InvalidLock(str(path), str(fault)) from fault
        return cls._parse(text, str(path), path.absolute().parent)

    @classmethod
    def _parse(cls, text: str, source: str, folder: Path | None) -> Lock:
        try:
            return cls(*lock_format.parse(text, folder))
        except lock_format.Unusable as fault:
            raise InvalidLock(source, str(fault)) from fault

    def render(self) -> str:
        """The text of the lock; equal locks give equal texts."""
        return lock_format.render(
            Content(
                self.packages,
                self.requires_python,
                self.index_url,
                self.origin,
                self.platforms,
                self.as_of,
            )
        )

    def write(self, path: Path) -> None:
        """Replace `path` by the lock, whole or not at all; an equal one stays untouched."""
        text = self.render()
        if not path.exists() or path.read_text(encoding="utf-8", errors="replace") != text:
            durable.write_text(path, text)

    @property
    def digest(self) -> str:
        """The sha256 of the content, the same wherever the server is."""
        return hashlib.sha256(self.rebased(_ANYWHERE).render().encode("utf-8")).hexdigest()

    @cached_property
    def versions(self) -> dict[str, Version]:
        """By name, without the folders; where platforms differ, what this one takes."""
        return {
            package.name: Version(package.version)
            for package in self.needed_here().packages
            if package.version is not None
        }

    def needed_here(self, python: Version | None = None) -> Lock:
        """The lock without packages whose markers do not hold on this platform.

        `python` is the interpreter's version, None: that of the running one.
        """
        if all(package.marker is None for package in self.packages):
            return self
        from packaging.markers import Marker  # slow to import, and most locks have no markers

        override = {} if python is None else _python_markers(python)
        kept = tuple(
            package
            for package in self.packages
            if package.marker is None or Marker(package.marker).evaluate({**override})
        )
        return dataclasses.replace(self, packages=kept)

    @property
    def editables(self) -> frozenset[str]:
        """The names of the packages that are edited in place."""
        return frozenset(package.name for package in self.packages if package.editable)

    def without(self, names: Iterable[str]) -> Lock:
        """The lock without the named packages."""
        dropped = set(names)
        kept = tuple(package for package in self.packages if package.name not in dropped)
        return dataclasses.replace(self, packages=kept)

    def with_package(self, package: LockedPackage) -> Lock:
        """The lock with one package more, or another instead of that name."""
        kept = self.without({package.name})
        return dataclasses.replace(kept, packages=(*kept.packages, package))

    def rebased(self, origin: str) -> Lock:
        """The lock as it reads with the project's server at `origin`.

        URLs elsewhere stay, as does everything in a lock that has no origin.
        """
        if self.origin is None or self.origin == origin:
            return self
        old = self.origin + "/"

        def moved(url: str) -> str:
            return f"{origin}/{url.removeprefix(old)}" if url.startswith(old) else url

        packages = tuple(
            dataclasses.replace(
                package,
                index=None if package.index is None else moved(package.index),
                files=tuple(
                    dataclasses.replace(file, url=moved(file.url)) for file in package.files
                ),
            )
            for package in self.packages
        )
        index_url = None if self.index_url is None else moved(self.index_url)
        return dataclasses.replace(self, packages=packages, origin=origin, index_url=index_url)


def _order(package: LockedPackage) -> tuple[str, str, str]:
    return package.name, package.version or "", package.marker or ""


def _python_markers(python: Version) -> dict[str, str]:
    return {
        "python_version": f"{python.major}.{python.minor}",
        "python_full_version": str(python),
    }


def index_of(files: Iterable[LockedFile], origin: str) -> str | None:
    """The simple index that files lie on, as devpi's URLs of files tell; None for others."""
    for file in files:
        rest = file.url.removeprefix(f"{origin}/")
        user, _, below = rest.partition("/")
        name, _, path = below.partition("/")
        if rest != file.url and path.startswith("+f/"):
            return f"{origin}/{user}/{name}/+simple/"
    return None


def origin_of(index_url: str) -> str:
    """The root of the server that a simple index is on: `http://host` of `http://host/u/i/+simple/`."""
    scheme, _, rest = index_url.partition("://")
    host, _, path = rest.partition("/")
    above, found, _ = path.partition("/+simple")
    prefix = above.rsplit("/", 2)[0] if found and above.count("/") >= 2 else ""
    return f"{scheme}://{host}/{prefix}".rstrip("/")
