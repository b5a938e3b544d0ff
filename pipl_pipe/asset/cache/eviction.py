"""What goes from a cache that holds too much: the revisions whose last use is the longest ago.

The revisions used last are marked as far as they fit, shared files once, and the rest is swept:
manifests first, in slices under the exclusive lock of the objects, looking at each slice again
at what is in use. An object of no known revision counts as one of its own, used when it came.
Killed anywhere, this leaves files that a later eviction finds.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Set, Tuple

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import manifest
from pipl_pipe.asset.cache import in_use
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.errors import AssetDamaged, InvalidDigest

_SLICE = 256
_ABANDONED_S = 7 * 86400.0
"""A download that nobody went on with for so long is given up."""
_MANIFEST_STARTS = b'{"algorithm":'


@dataclass(frozen=True)
class Found:
    """An object; `came_at` in seconds since the epoch."""

    path: str
    digest: Digest
    size: int
    came_at: float


def evict(objects: Objects, target: int) -> int:
    """Sweep down to `target` bytes, but nothing that is in use; how many bytes went.

    For one process at a time. Raises StoreReadOnly.
    """
    began = _now(objects.root)
    kept, victims = _mark(objects, target)
    for start in range(0, len(victims), _SLICE):
        _forget(objects, victims[start : start + _SLICE])
    gone = _sweep(objects, kept, victims, began)
    _sweep_downloads(objects.root)
    return gone


def scan(objects: Objects) -> Iterator[Found]:
    """Every object, in the order of folders."""
    for algorithm in digests.ALGORITHMS:
        place = objects.root / "objects" / algorithm
        for shard in sorted(place.iterdir()) if place.is_dir() else ():
            with (
                contextlib.suppress(NotADirectoryError, FileNotFoundError),
                os.scandir(shard) as listed,
            ):
                for one in listed:
                    with contextlib.suppress(InvalidDigest, FileNotFoundError):
                        status = one.stat(follow_symlinks=False)
                        digest = Digest.parse(f"{algorithm}:{shard.name}{one.name}")
                        yield Found(one.path, digest, status.st_size, status.st_ctime)


def recent(root: Path) -> Dict[Digest, float]:
    """The revisions on record, and when each was used last."""
    found = {}
    place = root / "recent"
    for path in place.iterdir() if place.is_dir() else ():
        with contextlib.suppress(InvalidDigest, FileNotFoundError):
            found[Digest.parse(path.name.replace("-", ":", 1))] = path.stat().st_mtime
    return found


def _mark(objects: Objects, target: int) -> Tuple[Set[bytes], List[Digest]]:
    """The keys of the objects that stay, and the revisions that go."""
    with objects.lock(exclusive=True):
        users = in_use.revisions(objects.root)
    used_at = {**recent(objects.root), **users}
    used_at.update(_lost(objects, used_at))
    kept: Set[bytes] = set()
    victims: List[Digest] = []
    total, full = 0, False
    for revision in users:
        total += _keep(kept, _content(objects, revision))
    for revision in sorted(used_at, key=lambda one: used_at[one], reverse=True):
        if revision in users:
            continue
        content = _content(objects, revision)
        more = sum(size for key, size in content.items() if key not in kept)
        full = full or total + more > target
        if full:
            victims.append(revision)
        else:
            total += _keep(kept, content)
    return kept, victims


def _lost(objects: Objects, known: Iterable[Digest]) -> Dict[Digest, float]:
    """The revisions that no record tells of any more, and when they came."""
    belonging: Set[bytes] = set()
    for revision in known:
        belonging.update(_content(objects, revision))
    found = {one.digest: one.came_at for one in scan(objects) if _key(one.digest) not in belonging}
    for revision in list(found):
        content = _content(objects, revision)
        if len(content) > 1:
            belonging.update(key for key in content if key != _key(revision))
    return {one: came_at for one, came_at in found.items() if _key(one) not in belonging}


def _sweep(objects: Objects, kept: Set[bytes], victims: List[Digest], began: float) -> int:
    gone = 0
    manifests = [Found(str(objects.path(one)), one, _size(objects, one), began) for one in victims]
    for found in (manifests, scan(objects)):
        for part in _slices(one for one in found if _key(one.digest) not in kept):
            with objects.lock(exclusive=True):
                since = _protect(objects, kept, began)
                for one in part:
                    if _key(one.digest) not in kept and _removed(one.path, since):
                        gone += one.size
    return gone


def _protect(objects: Objects, kept: Set[bytes], began: float) -> float:
    """Keep what has come into use; what came after the time given back has to stay, too."""
    since = began
    for revision, start in in_use.revisions(objects.root).items():
        if objects.has(revision):
            if _key(revision) not in kept:
                _keep(kept, _content(objects, revision))
        else:  # being fetched: which files it needs is not known yet
            since = min(since, start)
    return since


def _forget(objects: Objects, victims: List[Digest]) -> None:
    """Take away the records and readable paths of revisions, but not of those in use."""
    aside = Path(tempfile.mkdtemp(prefix="evicted-", dir=objects.root / "tmp"))
    try:
        with objects.lock(exclusive=True):
            users = in_use.revisions(objects.root)
            products = list((objects.root / "versions").glob("*"))
            for revision in victims:
                if revision in users:
                    continue
                name = f"{revision.algorithm}-{revision.hex}"
                with contextlib.suppress(FileNotFoundError):
                    (objects.root / "recent" / name).unlink()
                for product in products:
                    with contextlib.suppress(FileNotFoundError):
                        (product / name).rename(aside / f"{name}-{product.name}")
    finally:
        files.remove(aside)


def _sweep_downloads(root: Path) -> None:
    """Give up downloads that nobody went on with, and what killed evictions left."""
    old = time.time() - _ABANDONED_S
    for folder in (root / "tmp" / "partial").glob("*"):
        with contextlib.suppress(FileNotFoundError):
            times = [path.stat().st_mtime for path in (folder, *folder.glob("*"))]
            if max(times) < old:
                files.remove(folder)
    for folder in (root / "tmp").glob("evicted-*"):
        files.remove(folder)


def _content(objects: Objects, revision: Digest) -> Dict[bytes, int]:
    """The keys of the objects of a revision that is here, with itself, and their sizes."""
    path = objects.path(revision)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            whole = {_key(revision): size}
            starts = file.read(len(_MANIFEST_STARTS))
            if starts != _MANIFEST_STARTS or size > manifest.MAX_BYTES:
                return whole
            content = starts + file.read(manifest.MAX_BYTES)
        listed = manifest.parse(content, revision=str(revision), where=objects.name)
    except FileNotFoundError:
        return {}
    except AssetDamaged:
        return whole
    return {**{_key(one.digest): one.size for one in listed.entries}, **whole}


def _now(root: Path) -> float:
    """By the clock that gives files their times, which need not be this machine's."""
    with (root / "evicting").open("ab") as file:
        os.utime(file.name)
        return os.fstat(file.fileno()).st_mtime


def _slices(found: Iterable[Found]) -> Iterator[List[Found]]:
    part: List[Found] = []
    for one in found:
        part.append(one)
        if len(part) == _SLICE:
            yield part
            part = []
    if part:
        yield part


def _keep(kept: Set[bytes], content: Dict[bytes, int]) -> int:
    """Add objects to those that stay; how many bytes these are more."""
    more = sum(size for key, size in content.items() if key not in kept)
    kept.update(content)
    return more


def _key(digest: Digest) -> bytes:
    """Half of a digest's size in memory; one of the other algorithm is never the same."""
    return bytes.fromhex(digest.hex)


def _size(objects: Objects, revision: Digest) -> int:
    try:
        return objects.path(revision).stat().st_size
    except OSError:
        return 0


def _removed(path: str, since: float) -> bool:
    """Remove an object, but not one that was written after `since`.

    Its ctime says nothing: each view that comes or goes changes it.
    """
    try:
        if os.lstat(path).st_mtime >= since:
            return False
        files.remove(Path(path))
    except FileNotFoundError:
        return False
    return True
