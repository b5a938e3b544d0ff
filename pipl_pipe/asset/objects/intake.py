"""Taking a file or folder into a store: each file is read once, and copied only if it must be."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import LARGE_BYTES, Digest
from pipl_pipe.asset.disk import files, lease
from pipl_pipe.asset.manifest import Entry
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.objects.batch import Batch, StrPath
from pipl_pipe.asset.objects.scan import Listing, Seen, changed, expect_portable, listed
from pipl_pipe.asset.objects.stat_cache import StatCache, Taken
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.store import Stored
from pipl_pipe.errors import AssetMissing, AssetRefused

_SOME = 64
"""Files that a thread takes in a row."""
_COPIERS = 2


class Read(NamedTuple):
    """A file that was read; `path` is what is to be published, None for what is there already."""

    seen: Seen
    digest: Digest
    path: Optional[StrPath] = None
    linked: bool = False


@dataclass(frozen=True)
class Intake:
    """Into which objects, and what is remembered of earlier sources."""

    objects: Objects
    algorithm: str
    cache: Optional[StatCache] = None

    def take(self, source: Path, *, link: bool, progress: Progress = SILENT) -> Stored:
        """Store a file or folder; with `link` its files may become the store's own.

        Raises AssetRefused, StoreFull, StoreReadOnly, StoreUnreachable.
        """
        seen = listed(source)
        taken = self.cache.get(self.objects.root, source.absolute()) if self.cache else None
        if taken is not None and taken.algorithm not in (self.algorithm, ""):
            taken = None
        if taken is not None and taken.is_whole(seen) and self._is_there(taken.stored):
            return taken.stored
        if taken is None or not taken.has_names_of(seen):
            expect_portable(source, seen.paths)
        known = {} if taken is None else taken.unchanged(seen)
        try:
            return self._store(source, seen, known, link=link, progress=progress)
        except AssetMissing:  # swept meanwhile; now it is seen to be gone
            return self._store(source, seen, {}, link=link, progress=progress)

    def _is_there(self, stored: Stored) -> bool:
        revision = Digest.parse(stored.revision)
        with self.objects.lock():
            there = self.objects.has(revision)
            if there:
                self.objects.remember(revision)
        return there

    def _store(
        self,
        source: Path,
        seen: Listing,
        known: Dict[str, Digest],
        *,
        link: bool,
        progress: Progress,
    ) -> Stored:
        read_ns = time.time_ns()
        with self.objects.batch() as batch:
            rows = seen.seen()
            links = link and _links(source, rows, batch)
            reader = _Reader(self.objects, batch, self.algorithm, source, links, progress)
            found = reader.read(rows, known)
            for one in found:
                if one.path is None:
                    batch.expect(one.digest)
                else:
                    batch.keep(one.digest, one.path, linked=one.linked)
            after = listed(source)
            if not after.is_same(seen):
                raise changed(source)
            stored = self._seal(found, batch)
        if self.cache is not None:
            found_digests = [one.digest for one in found]
            taken = Taken.of(stored, after, found_digests, linked=links, read_ns=read_ns)
            self.cache.put(self.objects.root, source.absolute(), taken)
        return stored

    def _seal(self, found: List[Read], batch: Batch) -> Stored:
        """Publish the manifest of a folder after its files."""
        if len(found) == 1 and not found[0].seen.path:
            batch.remember(found[0].digest)
            return Stored(str(found[0].digest), found[0].seen.size)
        whole = manifest.made(
            Entry(one.seen.path, one.seen.size, one.seen.kept_mode, one.digest) for one in found
        )
        content = whole.render()
        digest = digests.of_bytes(content, self.algorithm)
        path = batch.new()
        files.save(content, path)
        batch.seal(digest, path)
        return Stored(str(digest), whole.size)


@dataclass(frozen=True)
class _Reader:
    """Reads the files of one source, in the way that its file system allows."""

    objects: Objects
    batch: Batch
    algorithm: str
    source: Path
    links: bool
    progress: Progress

    def read(self, seen: List[Seen], known: Dict[str, Digest]) -> List[Read]:
        """In the order of `seen`. One thread links small files fastest, copying takes two."""
        self.progress.expect(sum(one.size for one in seen), len(seen))
        parts = [seen[at : at + _SOME] for at in range(0, len(seen), _SOME)]

        def some(part: List[Seen]) -> List[Read]:
            found = [self._one(one, known.get(one.path)) for one in part]
            small = sum(one.size for one in part if not self._tells(one, known))
            self.progress.advance(small, len(part))
            return found

        if self.links or len(parts) < 2:
            return [one for part in parts for one in some(part)]
        return _in_turn(some, parts)

    def _tells(self, seen: Seen, known: Dict[str, Digest]) -> bool:
        """Whether a file tells its progress itself while it is read."""
        return seen.size >= LARGE_BYTES and seen.path not in known

    def _told(self, size: int) -> None:
        self.progress.advance(size)

    def _one(self, seen: Seen, known: Optional[Digest]) -> Read:
        """Raises AssetRefused where the file is not what was seen or cannot be read."""
        if known is not None:
            return Read(seen, known)  # that it is there is seen when it is published
        path = f"{self.source}{os.sep}{seen.path}" if seen.path else str(self.source)
        try:
            with files.open_regular(path) as file:
                if not seen.is_same(_seen_now(seen.path, file.fileno())):
                    raise changed(Path(path))
                if self.links and seen.links == 1 and not seen.mode & 0o111:
                    return self._linked(seen, file, path)
                if seen.size < LARGE_BYTES:
                    return self._small(seen, file)
                return self._large(seen, file, Path(path))
        except PermissionError as fault:
            raise AssetRefused(path, "it may not be read") from fault
        except FileNotFoundError as fault:
            raise changed(Path(path)) from fault

    def _small(self, seen: Seen, file: FileIO) -> Read:
        content = self._content(seen, file)
        digest = digests.of_bytes(content, self.algorithm)
        if self.objects.has(digest, seen.size):
            return Read(seen, digest)
        aside = self.batch.new()
        files.save(content, aside)
        return Read(seen, digest, aside)

    def _large(self, seen: Seen, file: FileIO, path: Path) -> Read:
        """Copy first, then hash what is ours: nobody changes it meanwhile."""
        aside = self.batch.new()
        if files.cloned(path, aside):
            self._told(seen.size)
        else:
            files.copied(file, aside, told=self._told)
        if aside.stat().st_size != seen.size:
            raise changed(path)
        digest = digests.of_file(aside, self.algorithm)
        if self.objects.has(digest, seen.size):
            files.remove(aside)
            return Read(seen, digest)
        return Read(seen, digest, aside)

    def _content(self, seen: Seen, file: FileIO) -> bytes:
        content = files.read_whole(file, seen.size)
        if len(content) != seen.size:
            raise changed(self.source / seen.path)
        return content

    def _linked(self, seen: Seen, file: FileIO, path: str) -> Read:
        if seen.size < LARGE_BYTES:
            digest = digests.of_bytes(self._content(seen, file), self.algorithm)
        else:
            digest = digests.of_open(file, self.algorithm, told=self._told)
        if self.objects.has(digest, seen.size):
            return Read(seen, digest)
        files.allow(file.fileno(), path, files.READ_ONLY)
        if not lease.is_written(file):  # else what is written later would reach the store
            return Read(seen, digest, path, linked=True)
        files.allow(file.fileno(), path, stat.S_IMODE(seen.mode))
        file.seek(0)
        if seen.size < LARGE_BYTES:
            return self._small(seen, file)
        return self._large(seen, file, Path(path))


def _links(source: Path, seen: List[Seen], batch: Batch) -> bool:
    """Whether files of the source can be given a second name in the store, by trying one."""
    first = next((one for one in seen if one.links == 1), None)
    if first is None:
        return True
    trial = batch.new()
    linked = files.linked(source / first.path, trial)
    if linked:
        trial.unlink()
    return linked and os.access(source / first.path, os.R_OK) and _is_ours(source / first.path)


def _is_ours(path: Path) -> bool:
    """Whether its mode may be changed."""
    geteuid: Callable[[], int] = getattr(os, "geteuid", lambda: 0)
    return geteuid() in (0, path.stat().st_uid)


def _seen_now(path: str, handle: int) -> Seen:
    return Seen.of(path, os.fstat(handle))


def _in_turn(work: Callable[[List[Seen]], List[Read]], parts: List[List[Seen]]) -> List[Read]:
    """The results in order; the first fault, or Ctrl-C, stops the rest."""
    from concurrent.futures import ThreadPoolExecutor  # takes 3 ms; links need none

    with ThreadPoolExecutor(_COPIERS) as pool:
        waiting = [pool.submit(work, part) for part in parts]
        try:
            return [one for each in waiting for one in each.result()]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
