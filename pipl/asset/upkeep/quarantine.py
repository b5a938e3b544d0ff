"""What was taken out of the store, kept for a while before it is deleted.

<root>/quarantine/<UTC time>/<algorithm>/<2 hex digits>/<the other digits>    collected
<root>/quarantine/<UTC time>-damaged/…                                        by fsck
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files

FOLDER = "quarantine"
DAMAGED = "-damaged"
DELETING = "deleting-"
_NAME = re.compile(r"(\d{8}T\d{6}Z)(-damaged)?(?:\.\d+)?")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Quarantined:
    """One folder of the quarantine; `at` is when it was begun, in seconds since the epoch."""

    folder: Path
    at: float
    damaged: bool

    def path(self, digest: Digest) -> Path:
        return self.folder / digest.algorithm / digest.hex[:2] / digest.hex[2:]

    def take(self, digest: Digest, path: Path) -> None:
        """Move an object in. Call it under the exclusive lock."""
        target = self.path(digest)
        try:
            path.replace(target)
        except FileNotFoundError:  # the first one of its shelf, or the object is gone
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)

    def objects(self) -> Iterator[tuple[Digest, Path]]:
        for path in sorted(self.folder.glob("*/??/*")):
            yield Digest(path.parent.parent.name, path.parent.name + path.name), path

    def size(self) -> int:
        """In bytes."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    total += os.lstat(f"{folder}/{name}").st_size
        return total


def begin(root: Path, at: float, *, damaged: bool = False) -> Quarantined:
    """A new folder; it is made with the first object."""
    place = root / FOLDER
    base = time.strftime(_TIME, time.gmtime(at)) + (DAMAGED if damaged else "")
    number, folder = 0, place / base
    while folder.exists():
        number += 1
        folder = place / f"{base}.{number}"
    return Quarantined(folder, at, damaged)


def all_of(root: Path) -> list[Quarantined]:
    """By age, the oldest first."""
    found = []
    for path in (root / FOLDER).glob("*"):
        match = _NAME.fullmatch(path.name)
        if match:
            at = datetime.strptime(match[1], _TIME).replace(tzinfo=timezone.utc).timestamp()
            found.append(Quarantined(path, at, match[2] is not None))
    return sorted(found, key=lambda one: (one.at, one.folder.name))


def delete(one: Quarantined) -> int:
    """Delete it for good; how many bytes it held.

    It loses its name first: what a kill leaves of it must not be brought back.
    """
    size = one.size()
    going = one.folder.with_name(f"{DELETING}{one.folder.name}")
    one.folder.rename(going)
    files.remove(going)
    return size


def delete_leftovers(root: Path) -> None:
    """Go on with deletions that were killed."""
    for path in (root / FOLDER).glob(f"{DELETING}*"):
        files.remove(path)
