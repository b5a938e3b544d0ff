"""Collecting what nothing keeps: moved into a quarantine first, deleted a grace period later.

Writers go on meanwhile: objects are taken in slices under the store's exclusive lock, and at
each slice what was stored since is looked at again. Manifests go before files: one that is in
place promises that its files are. A kill leaves a store that is right, with less collected.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

from pipl.asset import marks
from pipl.asset.marks import recent
from pipl.asset.marks.digest_set import DigestSet
from pipl.asset.upkeep import quarantine, shelves
from pipl.asset.upkeep.quarantine import Quarantined
from pipl.errors.asset import CollectorBusy, NoStore, NothingToUndo
from pipl.progress import SILENT, Progress
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.objects import Objects
from pipl_pipe.errors import InvalidDigest, StoreReadOnly

T = TypeVar("T")
SLICE = 1000
"""How many objects are taken while writers wait: some 50 ms."""


@dataclass(frozen=True)
class Collected:
    """Sizes in bytes. `moved` objects lie in `quarantine` now (or would, where only shown);
    `deleted_bytes` were in quarantines older than the grace period."""

    examined: int
    moved: int
    moved_bytes: int
    manifests: int
    deleted_bytes: int
    quarantine: Path | None


@dataclass(frozen=True)
class Grace:
    """`period_s` since something was stored or collected; `now` in seconds since the epoch."""

    period_s: float
    now: float

    @property
    def since(self) -> float:
        return self.now - self.period_s


class Act(Protocol):
    """`collect`, or `show`."""

    def __call__(
        self, objects: Objects, live: DigestSet, grace: Grace, *, progress: Progress = SILENT
    ) -> Collected: ...


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Be the only one that takes objects out of the store.

    Raises CollectorBusy, NoStore, StoreReadOnly.
    """
    held = contextlib.ExitStack()
    try:
        held.enter_context(locking.locked(root / "collector.lock", wait=False))
    except BlockingIOError:
        raise CollectorBusy(str(root)) from None
    except FileNotFoundError as fault:
        raise NoStore(str(root), "there is no such folder") from fault
    except PermissionError as fault:
        raise StoreReadOnly(str(root)) from fault
    with held:
        yield


def collect(
    objects: Objects, live: DigestSet, grace: Grace, *, progress: Progress = SILENT
) -> Collected:
    """Move what is not `live` into the quarantine, and delete quarantines that are old.

    Call it `alone`. Raises StoreReadOnly.
    """
    since = min(grace.since, _settled_at(objects))
    manifests, others, examined = _candidates(objects.root, live, progress)
    into = quarantine.begin(objects.root, grace.now)
    sweep = _Sweep(objects, live, since, into, len(manifests) + len(others), progress)
    progress.phase(f"moving {len(manifests) + len(others)} objects into quarantine")
    sweep.take(manifests)
    gone = {objects.path(digest).parent for digest in manifests}
    files.flush_folders({folder for folder in gone if folder.is_dir()}, objects.root)
    sweep.take(others)
    _remove_versions(objects, live)
    with objects.lock(exclusive=True):
        recent.forget_before(objects.root, grace.since)
    quarantine.delete_leftovers(objects.root)
    deleted = 0
    for old in quarantine.all_of(objects.root):
        if old.at < grace.since and old.folder != into.folder:
            progress.phase(f"deleting {old.folder.name} from quarantine")
            deleted += quarantine.delete(old)
    return Collected(
        examined,
        sweep.moved,
        sweep.moved_bytes,
        len(manifests),
        deleted,
        into.folder if sweep.moved else None,
    )


def show(
    objects: Objects, live: DigestSet, grace: Grace, *, progress: Progress = SILENT
) -> Collected:
    """What `collect` would do."""
    manifests, others, examined = _candidates(objects.root, live, progress)
    size = sum(_size(objects.path(digest)) for digest in chain(manifests, others))
    old = [one for one in quarantine.all_of(objects.root) if one.at < grace.since]
    return Collected(
        examined,
        len(manifests) + len(others),
        size,
        len(manifests),
        sum(one.size() for one in old),
        None,
    )


@dataclass(frozen=True)
class Restored:
    """How many objects came back; `kept_back` are manifests whose files are not all there."""

    objects: int
    kept_back: tuple[str, ...]
    quarantine: Path


def undo(objects: Objects, *, progress: Progress = SILENT) -> Restored:
    """Bring the last collection back. What was stored again meanwhile stays as it is.

    Files come before manifests, and all of it counts as stored now: it stays for the grace
    period. Call it `alone`. Raises NothingToUndo.
    """
    found = [one for one in quarantine.all_of(objects.root) if not one.damaged]
    if not found:
        raise NothingToUndo(objects.name)
    last = found[-1]
    inside = list(last.objects())
    manifests = [one for one in inside if shelves.is_manifest(one[1])]
    progress.phase(f"bringing {len(inside)} objects back")
    listed = {digest for digest, _ in manifests}
    covered = DigestSet()
    for _, path in manifests:
        for entry in shelves.entries_at(objects, path):
            covered.add(entry.digest)
    kept_back: list[str] = []
    done = 0
    for slice_ in _slices([*(one for one in inside if one[0] not in listed), *manifests]):
        with objects.lock(exclusive=True):
            for digest, path in slice_:
                if digest in listed and not shelves.is_complete(objects, path):
                    kept_back.append(str(digest))
                    continue
                if digest in listed or digest not in covered:
                    objects.remember(digest)
                _bring(objects, digest, path)
        done += len(slice_)
        progress.advance(done, len(inside), "objects")
    if not kept_back:
        files.remove(last.folder)
    return Restored(len(inside) - len(kept_back), tuple(kept_back), last.folder)


def _bring(objects: Objects, digest: Digest, path: Path) -> None:
    target = objects.path(digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


class _Sweep:
    """Moving in slices; what was stored since the last slice becomes live."""

    def __init__(
        self,
        objects: Objects,
        live: DigestSet,
        since: float,
        into: Quarantined,
        total: int,
        progress: Progress,
    ) -> None:
        self.moved = self.moved_bytes = 0
        self._objects, self._live, self._since = objects, live, since
        self._into, self._total, self._progress = into, total, progress
        self._done = 0
        self._seen: dict[str, float] = {}

    def take(self, digests: DigestSet) -> None:
        for slice_ in _slices(digests):
            with self._objects.lock(exclusive=True):
                self._notice()
                for digest in slice_:
                    if digest not in self._live:
                        self._move(digest)
            self._done += len(slice_)
            self._progress.advance(self._done, self._total, "objects")

    def _notice(self) -> None:
        """Add to the live what was stored lately and is not known yet."""
        for name, at in recent.entries(self._objects.root):
            if at < self._since or self._seen.get(name) == at:
                continue
            with contextlib.suppress(InvalidDigest):
                revision = Digest.parse(name.replace("-", ":", 1))
                marks.keep(self._live, self._objects, revision)
                if self._objects.has(revision):  # else its writer was killed, another may come
                    self._seen[name] = at

    def _move(self, digest: Digest) -> None:
        path = self._objects.path(digest)
        try:
            size = path.stat().st_size
            self._into.take(digest, path)
        except FileNotFoundError:
            return
        self.moved += 1
        self.moved_bytes += size


def _settled_at(objects: Objects) -> float:
    """A moment at which nobody publishes, by the clock of the store's file system.

    Whoever publishes later notes that at this moment at the earliest; all others are done.
    """
    with objects.lock(exclusive=True):
        mark = objects.root / "collector.lock"
        mark.touch()
        return mark.stat().st_mtime


def _candidates(
    root: Path, live: DigestSet, progress: Progress
) -> tuple[DigestSet, DigestSet, int]:
    """The objects that are not live, manifests apart, and how many there are in all."""
    manifests, others = DigestSet(), DigestSet()
    examined = 0
    progress.phase("looking for objects that nothing keeps")
    found = shelves.shelves(root)
    for number, shelf in enumerate(found):
        for entry in shelf.entries():
            digest = shelf.digest(entry.name)
            if digest is None:
                continue
            examined += 1
            if digest not in live:
                (manifests if shelves.is_manifest(entry.path) else others).add(digest)
        progress.advance(number + 1, len(found), "shelves")
    return manifests, others, examined


def _remove_versions(objects: Objects, live: DigestSet) -> None:
    """Remove the readable paths (see stores.folder) of revisions that are not there any more."""
    place = objects.root / "versions"
    for product in place.iterdir() if place.is_dir() else ():
        for path in product.iterdir() if product.is_dir() else ():
            try:
                digest = Digest.parse(path.name.replace("-", ":", 1))
            except InvalidDigest:
                continue
            if digest in live or objects.has(digest):
                continue
            with objects.lock(exclusive=True):
                if not objects.has(digest):
                    files.remove(path)


def _slices(found: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(found)
    return iter(lambda: list(islice(remaining, SLICE)), [])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
