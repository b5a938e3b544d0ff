"""One package of a lock, and the files it can be installed from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FileKind = Literal["wheel", "sdist", "archive"]


@dataclass(frozen=True)
class LockedFile:
    """A file that a package can be installed from.

    An `archive` was asked for by its URL; wheels and sdists were found on an index.
    """

    kind: FileKind
    name: str
    url: str
    sha256: str
    size: int | None = None


@dataclass(frozen=True)
class LockedPackage:
    """One package: its files (any of them gives the same package), or the folder it is in.

    `name` is normalised; `version` is None for folders, `directory` relative to the
    workspace (or absolute), with forward slashes; `marker` says where it is needed (None:
    everywhere); `index` is the simple index that its files lie on.
    """

    name: str
    version: str | None = None
    files: tuple[LockedFile, ...] = ()
    directory: str | None = None
    editable: bool = False
    marker: str | None = None
    requires_python: str | None = None
    index: str | None = None

    @classmethod
    def of_file(
        cls, *, name: str, version: str, url: str, filename: str, sha256: str
    ) -> LockedPackage:
        """A package with one file from an index."""
        kind: FileKind = "wheel" if filename.endswith(".whl") else "sdist"
        file = LockedFile(kind, filename, url, sha256)
        return cls(normalised(name), version, (file,))


def normalised(name: str) -> str:
    """A package's name by PEP 503 (packaging.utils, which has this too, is slow to import)."""
    return re.sub(r"[-_.]+", "-", name).lower()
