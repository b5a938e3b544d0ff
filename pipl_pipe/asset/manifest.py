"""The manifest of a folder or sequence: its files, in canonical JSON, itself an object.

The same files give the same bytes, so that a manifest's digest is the asset's revision. Of a
file's mode only the owner's execute bit counts; empty folders are not kept.
"""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from pipl_pipe.asset import reference
from pipl_pipe.asset.digest import Digest
from pipl_pipe.errors import AssetDamaged, AssetRefused, InvalidDigest

FORMAT = "pipl-manifest/1"
MAX_BYTES = 256_000_000
MAX_FILES = 2_000_000
MAX_DEPTH = 64
_MODES = {"644": 0o644, "755": 0o755}


@dataclass(frozen=True)
class Entry:
    """A file of a folder asset; `path` is relative and posix, `mode` 0o644 or 0o755."""

    path: str
    size: int
    mode: int
    digest: Digest


@dataclass(frozen=True)
class Manifest:
    """Entries sorted by path."""

    entries: Tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Of all files together, in bytes."""
        return sum(entry.size for entry in self.entries)

    def render(self) -> bytes:
        files = [
            {
                "path": one.path,
                "size": one.size,
                "mode": f"{one.mode:o}",
                "digest": str(one.digest),
            }
            for one in sorted(self.entries, key=lambda one: one.path)
        ]
        document = {"format": FORMAT, "files": files}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8")


def parse(content: bytes, *, revision: str, where: str) -> Manifest:
    """Read a manifest object, trusting nothing in it. Raises AssetDamaged naming the revision."""
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"its manifest is larger than {MAX_BYTES} bytes")
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(f"its manifest's format is {document['format']!r}, not {FORMAT}")
        if len(document["files"]) > MAX_FILES:
            raise ValueError(f"its manifest lists more than {MAX_FILES} files")
        entries = tuple(map(_entry, document["files"]))
        problem = path_problem([one.path for one in entries])
        if problem:
            raise ValueError(problem)
    except InvalidDigest as fault:
        raise AssetDamaged(revision, where, str(fault)) from fault
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        found = f"not a manifest ({type(fault).__name__}: {fault})"
        raise AssetDamaged(revision, where, found) from fault
    return Manifest(entries)


def walk(folder: Path) -> List[Tuple[str, Path]]:
    """The regular files below a folder as (relative posix path, path), sorted.

    Raises AssetRefused for anything else in it, and for names that could not be laid out again
    on every system.
    """
    found: List[Tuple[str, Path]] = []
    waiting = [("", folder)]
    while waiting:
        prefix, here = waiting.pop()
        for path in here.iterdir():
            mode = path.lstat().st_mode
            name = f"{prefix}{path.name}"
            if stat.S_ISDIR(mode):
                waiting.append((f"{name}/", path))
            elif stat.S_ISREG(mode):
                found.append((name, path))
            else:
                raise AssetRefused(str(path), f"it is a {_kind(mode)}")
    problem = path_problem([name for name, _ in found])
    if problem:
        raise AssetRefused(str(folder), problem)
    return sorted(found)


def read_mode(mode: int) -> int:
    """A file's mode as manifests keep it."""
    return 0o755 if mode & stat.S_IXUSR else 0o644


def path_problem(paths: List[str]) -> str:
    """Why these relative paths cannot be one folder's on every system; empty if they can."""
    seen: Dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        if len(parts) > MAX_DEPTH:
            return f"{path[:100]!r} is nested deeper than {MAX_DEPTH} folders"
        problem = next(filter(None, map(reference.basename_problem, parts)), "")
        if problem:
            return f"{path[:100]!r}: {problem}"
        for end in range(1, len(parts) + 1):
            part = "/".join(parts[:end])
            if seen.setdefault(part.casefold(), part) != part:
                return f"{part!r} and {seen[part.casefold()]!r} differ in case only"
    files = set(paths)
    if len(files) != len(paths):
        return "a path is there twice"
    both = sorted(files & {parent for path in paths for parent in _parents(path)})
    return f"{both[0]!r} is a file and a folder" if both else ""


def _parents(path: str) -> List[str]:
    """The folders above a file: `a/b/c` gives `a/b` and `a`."""
    return [path.rsplit("/", depth)[0] for depth in range(1, path.count("/") + 1)]


def _entry(one: Any) -> Entry:
    """An entry of a manifest that anybody may have written. Raises ValueError, InvalidDigest."""
    path, size, mode, digest = (one[key] for key in ("path", "size", "mode", "digest"))
    if not isinstance(path, str) or not isinstance(digest, str):
        raise ValueError("a path or digest is not a text")
    if type(size) is not int or not 0 <= size <= reference.MAX_SIZE_BYTES:
        raise ValueError(f"the size of {path[:100]!r} is not a number of bytes")
    if mode not in _MODES:
        raise ValueError(f"the mode of {path[:100]!r} is not one of {', '.join(_MODES)}")
    return Entry(path, size, _MODES[mode], Digest.parse(digest))


def _kind(mode: int) -> str:
    kinds: Tuple[Tuple[Callable[[int], bool], str], ...] = (
        (stat.S_ISLNK, "symbolic link"),
        (stat.S_ISFIFO, "named pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISBLK, "device"),
        (stat.S_ISCHR, "device"),
    )
    return next((kind for test, kind in kinds if test(mode)), "special file")
