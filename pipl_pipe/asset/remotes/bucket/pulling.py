"""Pulling an asset out of a bucket, and reading all of it there to verify it."""

from __future__ import annotations

import contextlib
from typing import Dict, List, Sequence, Set, Tuple, Union

from pipl_pipe.asset.bucket import Pieces
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.objects.batch import Batch
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket.fetching import InPack, Source, plan
from pipl_pipe.asset.transfer.assembly import Assembly
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged, AssetMissing, StoreUnreachable

Task = Union[InPack, Member]


class Pull:
    """One pull: whatever is killed loses at most a pack or part of each thread."""

    def __init__(self, source: Source, near: Objects) -> None:
        self._source = source
        self._near = near
        self._traffic = source.traffic
        self._objects: Set[Digest] = set()
        self._slices: Dict[Digest, List[Tuple[Assembly, int]]] = {}

    def pull(self, reference: Reference) -> None:
        if self._is_near(reference):
            self._near.remember(reference.digest)
            return
        document, listing, members = self._source.revision(reference)
        lacking = [one for one in members if not self._near.has(one.digest, one.size)]
        found = plan(lacking, document)
        self._objects.update(one.digest for one in lacking)
        self._objects.difference_update(one.digest for one in found.parted)
        tasks: List[Task] = [*found.packs, *found.single]
        with contextlib.ExitStack() as stack:
            assemblies = []
            for whole in sorted(found.parted):  # in one order, so that two pulls cannot block
                assembly = stack.enter_context(Assembly.opened(self._near, whole))
                if assembly is not None:
                    assemblies.append(assembly)
                    tasks += self._plan_parts(assembly)
            self._expect(tasks)
            self._traffic.each(tasks, self._fetch)
            for assembly in assemblies:
                assembly.finish()
        fetched = {one.digest for one in lacking}
        with self._near.batch() as batch:
            for one in members:
                if one.digest not in fetched:
                    batch.expect(one.digest)
            if reference.shape == "file":
                batch.remember(reference.digest)
            else:
                path = batch.new()
                files.save(listing, path)
                batch.seal(reference.digest, path)

    def _is_near(self, reference: Reference) -> bool:
        """Whether nothing lacks."""
        if reference.shape == "file":
            return self._near.has(reference.digest, reference.size)
        try:
            listed = self._near.manifest(reference, asset=reference.name)
        except (AssetMissing, AssetDamaged):
            return False
        return all(self._near.has(entry.digest, entry.size) for entry in listed.entries)

    def _plan_parts(self, assembly: Assembly) -> List[Task]:
        document, parts = self._source.parts(assembly.whole)
        placed: List[Tuple[int, Member]] = []
        end = 0
        for part in parts:
            placed.append((end, part))
            end += part.size
        lacking = list(assembly.lacking(placed))
        for offset, part in lacking:
            self._slices.setdefault(part.digest, []).append((assembly, offset))
        found = plan(dict.fromkeys(part for _, part in lacking), document)
        return [*found.packs, *found.single]

    def _expect(self, tasks: Sequence[Task]) -> None:
        members = [one for task in tasks for one in _members(task)]
        self._traffic.expect(sum(one.size for one in members), len(members))

    def _fetch(self, task: Task) -> None:
        if isinstance(task, InPack):
            self._fetch_pack(task)
        else:
            self._traffic.retried(lambda: self._fetch_single(task))

    def _fetch_pack(self, one: InPack) -> None:
        done: Set[Digest] = set()

        def attempt() -> None:
            rest = tuple(row for row in one.members if row[1].digest not in done)
            found = contextlib.closing(self._source.packed(one._replace(members=rest)))
            with self._near.batch() as batch, found as packed:
                try:
                    for member, content in packed:
                        self._keep(member, content, batch)
                        done.add(member.digest)
                        self._traffic.transfer.progress.advance(member.size, 1)
                except (StoreUnreachable, ConnectionError, TimeoutError):
                    batch.publish()
                    raise

        self._traffic.retried(attempt)

    def _keep(self, member: Member, content: memoryview, batch: Batch) -> None:
        if member.digest in self._objects:
            path = batch.new()
            files.save(content, path)  # type: ignore[arg-type]  # any buffer
            batch.keep(member.digest, path)
        for assembly, offset in self._slices.get(member.digest, ()):
            assembly.write(offset, (content,))

    def _fetch_single(self, member: Member) -> None:
        slices = self._slices.get(member.digest, [])
        if member.digest in self._objects:
            with self._near.batch() as batch:
                path = batch.new()
                counted = contextlib.closing(self._counted(member))
                with path.open("xb", buffering=0) as file, counted as pieces:
                    for piece in pieces:
                        files.write(file, piece)
                    files.allow(file.fileno(), path, files.READ_ONLY)
                batch.keep(member.digest, path)
        for assembly, offset in slices:
            with contextlib.closing(self._counted(member)) as pieces:
                assembly.write(offset, pieces)

    def _counted(self, member: Member) -> Pieces:
        with contextlib.closing(self._source.single(member)) as pieces:
            for piece in pieces:
                self._traffic.count(len(piece))
                yield piece
        self._traffic.count(0, 1)


def verify(source: Source, reference: Reference) -> None:
    """Read all of an asset that the bucket holds and compare.

    Of a large object each part is compared; that they make up the whole is what a pull compares.
    Raises AssetMissing, AssetDamaged.
    """
    document, _, members = source.revision(reference)
    found = plan(members, document)
    tasks: List[Task] = [*found.packs, *found.single]
    for whole in found.parted:
        parts_document, parts = source.parts(whole)
        own = plan(dict.fromkeys(parts), parts_document)
        tasks += [*own.packs, *own.single]
    every = [one for task in tasks for one in _members(task)]
    source.traffic.expect(sum(one.size for one in every), len(every))

    def read(task: Task) -> None:
        if isinstance(task, InPack):
            with contextlib.closing(source.packed(task)) as packed:
                for member, _ in packed:
                    source.traffic.count(member.size, 1)
        else:
            with contextlib.closing(source.single(task)) as pieces:
                for piece in pieces:
                    source.traffic.count(len(piece))
            source.traffic.count(0, 1)

    source.traffic.each(tasks, lambda task: source.traffic.retried(lambda: read(task)))


def _members(task: Task) -> Tuple[Member, ...]:
    if isinstance(task, InPack):
        return tuple(member for _, member in task.members)
    return (task,)
