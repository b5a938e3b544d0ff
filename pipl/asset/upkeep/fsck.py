"""Looking through a whole store for what is not as it was stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipl.asset.upkeep import shelves
from pipl.asset.upkeep.reading import compared
from pipl.asset.upkeep.shelves import Shelf
from pipl.progress import SILENT, Progress
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.manifest import Entry
from pipl_pipe.asset.objects import Objects, batch
from pipl_pipe.asset.reference import Reference
from pipl_pipe.errors import AssetDamaged

PARTIAL_KEPT_S = 30 * 86_400.0
"""A download that nobody went on with for so long is a leftover."""
STARTING_KEPT_S = 3600.0
_ALIVE = ".alive"
DAMAGED, MISSING, MODE, STRAY, LEFTOVER = "damaged", "missing", "mode", "stray", "leftover"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong; `path` is relative to the store.

    `digest` and `size` are of the object, where it is about one (size: as it should be where
    that is known).
    """

    kind: str
    path: str
    what: str
    digest: Digest | None = None
    size: int = 0


@dataclass
class Checked:
    """What was found. `lists` says for each bad object which manifests list it."""

    faults: list[Fault] = field(default_factory=list)
    lists: dict[Digest, list[Reference]] = field(default_factory=dict)
    objects: int = 0
    size_bytes: int = 0
    manifests: int = 0

    @property
    def bad(self) -> dict[Digest, Fault]:
        """The objects that are damaged or missing."""
        return {one.digest: one for one in self.faults if one.digest and one.kind in _BAD}


_BAD = (DAMAGED, MISSING)


def check(
    objects: Objects,
    *,
    quick: bool,
    now: float,
    expected: Iterable[Reference] = (),
    progress: Progress = SILENT,
) -> Checked:
    """Look at names, modes, sizes, leftovers and manifests; unless `quick` read every object.

    `expected` are assets that have to be there. Raises NoStore.
    """
    found = Checked()
    sizes = _walk(objects, found, progress)
    found.faults += _leftovers(objects, now)
    if not quick:
        _read_all(objects, sizes, found, progress)
    _read_manifests(objects, sizes, found, progress)
    wrong = found.bad
    for one in expected:
        if one.digest not in wrong and not objects.has(one.digest):
            wrong[one.digest] = _missing(objects, one.digest, one.size)
            found.faults.append(wrong[one.digest])
    return found


_Sizes = dict[str, dict[bytes, int]]


def _walk(objects: Objects, found: Checked, progress: Progress) -> _Sizes:
    """The size of every object, by algorithm and digest."""
    sizes: _Sizes = {}
    root = objects.root
    progress.phase("looking at names, modes and sizes")
    shelved = shelves.shelves(root)
    found.faults += [_stray(root, path) for path in shelves.strays(root)]
    for number, shelf in enumerate(shelved):
        here = sizes.setdefault(shelf.algorithm, {})
        for entry in shelf.entries():
            _look_at(shelf, entry, root, found, here)
        progress.advance(number + 1, len(shelved), "shelves")
    return sizes


def _look_at(
    shelf: Shelf, entry: os.DirEntry[str], root: Path, found: Checked, sizes: dict[bytes, int]
) -> None:
    digest = shelf.digest(entry.name)
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if digest is None or not stat.S_ISREG(status.st_mode):
        found.faults.append(_stray(root, Path(entry.path)))
        return
    found.objects += 1
    found.size_bytes += status.st_size
    sizes[bytes.fromhex(digest.hex)] = status.st_size
    mode = stat.S_IMODE(status.st_mode)
    if mode != files.READ_ONLY:
        what = f"its mode is {mode:o}, not {files.READ_ONLY:o}"
        found.faults.append(Fault(MODE, _relative(root, Path(entry.path)), what, digest))


def _read_all(objects: Objects, sizes: _Sizes, found: Checked, progress: Progress) -> None:
    """Compare every object's content with its name, on all cores."""
    progress.phase(f"reading {found.objects} objects")
    done = 0
    for digest, size, problem in compared(objects, _every(sizes)):
        done += size
        progress.advance(done, found.size_bytes)
        if problem:
            path = _relative(objects.root, objects.path(digest))
            found.faults.append(Fault(DAMAGED, path, problem, digest, size))


def _read_manifests(objects: Objects, sizes: _Sizes, found: Checked, progress: Progress) -> None:
    progress.phase("reading manifests")
    wrong = found.bad
    done = 0
    for digest, size in _every(sizes):
        done += 1
        if not done % 1000:
            progress.advance(done, found.objects, "objects")
        if digest in wrong:
            continue
        try:
            listed = shelves.manifest_at(objects, digest)
        except AssetDamaged as fault:
            path = _relative(objects.root, objects.path(digest))
            found.faults.append(Fault(DAMAGED, path, fault.found, digest, size))
            continue
        if listed is None:
            continue
        found.manifests += 1
        whole: Reference | None = None
        for entry in listed.entries:
            if entry.digest not in wrong:
                fault_ = _entry_fault(objects, sizes, entry)
                if fault_ is None:
                    continue
                wrong[entry.digest] = fault_
                found.faults.append(fault_)
            whole = whole or folder_reference(digest, listed.size)
            found.lists.setdefault(entry.digest, []).append(whole)


def folder_reference(digest: Digest, size: int) -> Reference:
    """A reference to a folder or sequence of which only its manifest is known."""
    return Reference("asset", "Folder", "asset", "folder", str(digest), size)


def _entry_fault(objects: Objects, sizes: _Sizes, entry: Entry) -> Fault | None:
    digest = entry.digest
    size = sizes.get(digest.algorithm, {}).get(bytes.fromhex(digest.hex))
    if size == entry.size or objects.has(digest, entry.size):  # it may have come meanwhile
        return None
    if size is None:
        return _missing(objects, digest, entry.size)
    path = _relative(objects.root, objects.path(digest))
    return Fault(DAMAGED, path, f"{size} bytes instead of {entry.size}", digest, entry.size)


def _missing(objects: Objects, digest: Digest, size: int) -> Fault:
    path = _relative(objects.root, objects.path(digest))
    return Fault(MISSING, path, "it is not there", digest, size)


def _leftovers(objects: Objects, now: float) -> Iterator[Fault]:
    for path in leftovers(objects, now):
        yield Fault(LEFTOVER, _relative(objects.root, path), "its process is gone")


def leftovers(objects: Objects, now: float) -> Iterator[Path]:
    """What killed processes left in `tmp`; downloads that may go on are none."""
    for path in (objects.root / "tmp").glob("*"):
        if path.name.startswith(batch.PREFIX):
            if not _is_alive(path):
                yield path
        elif path.name != "partial" and now - _changed_at(path, now) > STARTING_KEPT_S:
            yield path
    for path in (objects.root / "tmp" / "partial").glob("*"):
        if now - _changed_at(path, now) > PARTIAL_KEPT_S:
            yield path


def _is_alive(folder: Path) -> bool:
    """Whether a process works in a batch's folder (see asset.objects.batch)."""
    try:
        with locking.locked(folder / _ALIVE, wait=False, make=False):
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False


def _changed_at(path: Path, now: float) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return now


def _every(sizes: _Sizes) -> Iterator[tuple[Digest, int]]:
    for algorithm, here in sizes.items():
        for value, size in here.items():
            yield Digest(algorithm, value.hex()), size


def _stray(root: Path, path: Path) -> Fault:
    return Fault(STRAY, _relative(root, path), "it is no object")


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()
