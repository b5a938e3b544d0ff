"""The asset view: every resolved product's assets at `<view>/<product>/<basename>`.

No version is in these paths: what is installed decides what they show. `.view.json` in the view
records what was laid, so that laying again costs little and removes what went away, and only
that: files that people put there stay.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

from pipl_pipe import durable
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.names import basename_problem
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.errors import AssetError, AssetRefused

FORMAT = "pipl-view/1"
RECORD = ".view.json"


@dataclass(frozen=True)
class Placed:
    """One asset of a product, to be shown in a view."""

    product: str
    reference: Reference

    @property
    def path(self) -> str:
        return f"{self.product}/{self.reference.basename}"


@dataclass(frozen=True)
class Laid:
    """What laying a view did; paths are relative to it."""

    laid: Tuple[str, ...]
    kept: Tuple[str, ...]
    removed: Tuple[str, ...]


def lay(
    view: Path,
    placed: List[Placed],
    store: AssetStore,
    *,
    link: bool = True,
    progress: Progress = SILENT,
) -> Laid:
    """Make the view show exactly these assets.

    Each is placed whole. Where one cannot be, the others are laid, what that one showed before
    stays, and the first error is raised: AssetMissing, AssetDamaged, StoreUnreachable, ….
    """
    before = _read(view)
    after: Dict[str, Any] = {}
    laid: List[str] = []
    faults: List[AssetError] = []
    for one in placed:
        problem = basename_problem(one.product) or basename_problem(one.reference.basename)
        if problem:
            faults.append(AssetRefused(one.path, problem))
            continue
        path = view / one.path
        revision = one.reference.revision
        if before.get(one.path) == {"revision": revision, "seen": _seen(path)}:
            after[one.path] = before[one.path]
            continue
        try:
            store.view(one.product, one.reference, path, link=link, progress=progress)
        except AssetError as fault:
            faults.append(fault)
            if one.path in before:
                after[one.path] = before[one.path]
            continue
        after[one.path] = {"revision": revision, "seen": _seen(path)}
        laid.append(one.path)
    removed = sorted(before.keys() - after.keys())
    for name in removed:
        _remove(view, name)
    if after or before:
        _write(view, after)
    if faults:
        raise faults[0]
    return Laid(tuple(laid), tuple(sorted(after.keys() - set(laid))), tuple(removed))


def _seen(path: Path) -> List[int]:
    """What changes when somebody edits or replaces what was laid; empty if it is not there.

    Of a folder also when the newest of the folders in it has changed: a file that is replaced,
    as most programs save, changes no other.
    """
    try:
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            return [status.st_ino, status.st_mtime_ns, status.st_size]
        return [status.st_ino, *_newest(path, status.st_mtime_ns)]
    except OSError:
        return []


def _newest(folder: Path, changed_ns: int) -> Tuple[int, int]:
    """The latest change of a folder and those in it, and how many there are."""
    count, waiting = 0, [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    count += 1
                    changed_ns = max(changed_ns, entry.stat(follow_symlinks=False).st_mtime_ns)
                    waiting.append(entry.path)
    return changed_ns, count


def _read(view: Path) -> Dict[str, Any]:
    """What was laid, by path; nothing where there is no record or it cannot be read."""
    try:
        record = json.loads((view / RECORD).read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            return {}
        return {name: one for name, one in record["laid"].items() if _clean(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _clean(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 2 and not any(map(basename_problem, parts))


def _write(view: Path, laid: Dict[str, Any]) -> None:
    view.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, "laid": laid}, indent=1, sort_keys=True) + "\n"
    durable.write_text(view / RECORD, text)


def _remove(view: Path, name: str) -> None:
    path = view / name
    files.remove(path)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
