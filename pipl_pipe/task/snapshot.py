"""What changed in a folder while something ran, whoever wrote it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Tuple

Seen = Tuple[int, int, int, int]
"""Mode, and of what is no folder also size, time of change (ns) and inode."""
_CACHES = frozenset({"__pycache__"})


def take(folder: Path, *, without: Iterable[Path] = ()) -> Dict[str, Seen]:
    """Every file and folder below, by path; byte-code caches and `without` are left out."""
    left_out = frozenset(os.path.realpath(path) for path in without)
    found: Dict[str, Seen] = {}
    waiting = [os.path.realpath(folder)]
    while waiting:
        _scan(waiting.pop(), waiting, found, left_out)
    return found


def changes(before: Dict[str, Seen], after: Dict[str, Seen]) -> Tuple[str, ...]:
    """The paths that were made, changed or removed in between, sorted."""
    names = before.keys() | after.keys()
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))


def _scan(here: str, waiting: List[str], found: Dict[str, Seen], left_out: FrozenSet[str]) -> None:
    try:
        entries = list(os.scandir(here))
    except FileNotFoundError:  # removed meanwhile: missing from the snapshot
        return
    for entry in entries:
        if entry.name in _CACHES or entry.path in left_out:
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # as above
            continue
        if stat.S_ISDIR(status.st_mode):
            found[entry.path] = (status.st_mode, 0, 0, 0)
            waiting.append(entry.path)
        else:
            inode = status.st_ino
            found[entry.path] = (status.st_mode, status.st_size, status.st_mtime_ns, inode)
