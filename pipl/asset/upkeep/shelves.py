"""What really lies in a store's folder, walked without an object for each file.

A shelf is one folder `objects/<algorithm>/<first 2 hex digits>`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipl.errors.asset import NoStore
from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import ALGORITHMS, Digest
from pipl_pipe.asset.manifest import Entry, Manifest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.errors import AssetDamaged

_SHELF = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")
_HEAD = b'{"algorithm":"'
_FAMILY = b'"format":"pipl-manifest/'
"""What canonical JSON of a manifest begins with, and holds somewhere (see asset.manifest)."""


@dataclass(frozen=True)
class Shelf:
    """A folder of objects whose digests begin alike."""

    path: Path
    algorithm: str
    start: str

    def digest(self, name: str) -> Digest | None:
        """The digest that a file's name stands for, None for a stray file."""
        if not _REST.fullmatch(name):
            return None
        return Digest(self.algorithm, self.start + name)

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Raises NoStore where the shelf cannot be read."""
        try:
            with os.scandir(self.path) as entries:
                yield from entries
        except FileNotFoundError:
            return
        except OSError as fault:
            raise NoStore(str(self.path), fault.strerror or str(fault)) from fault


def shelves(root: Path) -> list[Shelf]:
    """The shelves of a store, in order. Raises NoStore where there is no store to look into."""
    found = []
    for algorithm in ALGORITHMS:
        for name in _names(root / "objects" / algorithm):
            if _SHELF.fullmatch(name):
                found.append(Shelf(root / "objects" / algorithm / name, algorithm, name))
    if not found and not root.is_dir():
        raise NoStore(str(root), "there is no such folder")
    return found


def strays(root: Path) -> Iterator[Path]:
    """What lies between the shelves and is none."""
    for name in _names(root / "objects"):
        if name not in ALGORITHMS:
            yield root / "objects" / name
            continue
        for inside in _names(root / "objects" / name):
            path = root / "objects" / name / inside
            if not _SHELF.fullmatch(inside) or not path.is_dir():
                yield path


def is_manifest(path: Path | str) -> bool:
    """Whether a file begins as a manifest does; an asset that looks like one counts as one."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return False
    try:
        return os.read(handle, len(_HEAD)) == _HEAD
    finally:
        os.close(handle)


def manifest_at(objects: Objects, digest: Digest) -> Manifest | None:
    """The manifest stored under a digest; None where none is there, or another file is.

    Raises AssetDamaged where it begins as a manifest, and its content has another digest or
    cannot be read.
    """
    path = objects.path(digest)
    if not is_manifest(path):
        return None
    with path.open("rb") as file:
        content = file.read(manifest.MAX_BYTES + 1)
    found = digests.of_bytes(content, digest.algorithm)
    if found != digest:
        raise AssetDamaged(str(digest), objects.name, f"its content has digest {found}")
    if _FAMILY not in content:
        return None
    return manifest.parse(content, revision=str(digest), where=objects.name)


def entries_at(objects: Objects, path: Path) -> tuple[Entry, ...]:
    """What the manifest at `path` lists; nothing where it is none, or cannot be read."""
    try:
        content = path.read_bytes()
        return manifest.parse(content, revision=path.name, where=objects.name).entries
    except (OSError, AssetDamaged):
        return ()


def is_complete(objects: Objects, path: Path) -> bool:
    """Whether every file that the manifest at `path` lists is stored, by its size."""
    try:
        content = path.read_bytes()
        if _FAMILY not in content:
            return True  # a file that only begins as a manifest
        listed = manifest.parse(content, revision=path.name, where=objects.name)
    except (OSError, AssetDamaged):
        return False
    return all(objects.has(entry.digest, entry.size) for entry in listed.entries)


def is_sound(path: Path, digest: Digest) -> bool:
    """Whether the content of a file has this digest."""
    try:
        return digests.of_file(path, digest.algorithm) == digest
    except FileNotFoundError:
        return False


def no_manifest(objects: Objects, digest: Digest) -> AssetDamaged:
    """What to raise where a folder's revision is another file."""
    return AssetDamaged(str(digest), objects.name, "it is not a manifest")


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names, a million times
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as fault:
        raise NoStore(str(folder), fault.strerror or str(fault)) from fault
