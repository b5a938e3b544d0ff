"""What differs between two generations of an asset, frames told as ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import frames, manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.manifest import Entry
from pipl_pipe.asset.objects import scan


@dataclass(frozen=True)
class Part:
    """A file, or what is there of it on disk; its digest is read when it is compared."""

    size: int
    digest: Callable[[str], Digest]
    algorithm: str = ""


Tree = Mapping[str, Part]
"""Relative posix path to file; one file alone is under the empty path."""


@dataclass(frozen=True)
class Group:
    """One file, or the frames of a sequence (`beauty.####.exr`, `1001-1100`); size in bytes.

    Of changed files `size` is the new one and `before` the old one.
    """

    path: str
    frames: str
    files: int
    size: int
    before: int = 0


@dataclass(frozen=True)
class Difference:
    added: tuple[Group, ...]
    removed: tuple[Group, ...]
    changed: tuple[Group, ...]
    same: int

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


def of_manifest(entries: Iterable[Entry]) -> Tree:
    return {
        entry.path: Part(entry.size, _fixed(entry.digest), entry.digest.algorithm)
        for entry in entries
    }


def of_object(digest: Digest, size: int) -> Tree:
    return {"": Part(size, _fixed(digest), digest.algorithm)}


def of_path(path: Path) -> Tree:
    """A file or folder on disk. Raises AssetRefused."""
    return {
        one.path: Part(one.size, _read(path / one.path if one.path else path))
        for one in scan.scan(path)
    }


def compare(before: Tree, after: Tree) -> Difference:
    """Files are the same where their content is; those on disk are read where sizes agree."""
    both = sorted(before.keys() & after.keys())
    changed = [path for path in both if not _same(before[path], after[path])]
    return Difference(
        added=_groups({path: after[path].size for path in after.keys() - before.keys()}),
        removed=_groups({path: before[path].size for path in before.keys() - after.keys()}),
        changed=_groups(
            {path: after[path].size for path in changed},
            {path: before[path].size for path in changed},
        ),
        same=len(both) - len(changed),
    )


def in_groups(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """The files of a manifest, frames as ranges."""
    return _groups({entry.path: entry.size for entry in entries})


def _groups(sizes: Mapping[str, int], before: Mapping[str, int] | None = None) -> tuple[Group, ...]:
    old = before or {}
    nothing = Digest(digests.SHA256, "0" * digests.HEX_DIGITS)
    entries = [Entry(path, size, 0o644, nothing) for path, size in sizes.items()]
    sequences, single = manifest.grouped(entries)
    found = [Group(one.path, "", 1, one.size, old.get(one.path, 0)) for one in single]
    for name, files in sequences.items():
        at = slice(len(name.head), len(name.head) + name.digits)
        ranges = frames.in_ranges(int(one.path[at]) for one in files)
        size = sum(one.size for one in files)
        was = sum(old.get(one.path, 0) for one in files)
        found.append(Group(str(name), ranges, len(files), size, was))
    return tuple(sorted(found, key=lambda one: one.path))


def _same(one: Part, other: Part) -> bool:
    if one.size != other.size:
        return False
    algorithm = one.algorithm or other.algorithm or digests.default()
    return one.digest(algorithm) == other.digest(algorithm)


def _fixed(digest: Digest) -> Callable[[str], Digest]:
    return lambda algorithm: digest


def _read(path: Path) -> Callable[[str], Digest]:
    return lambda algorithm: digests.of_file(path, algorithm)
