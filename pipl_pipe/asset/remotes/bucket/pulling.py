"""Pulling an asset out of a bucket."""

from __future__ import annotations

import contextlib
from typing import Dict, List, Sequence, Set, Tuple

from pipl_pipe.asset.bucket import Pieces
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.objects.batch import Batch
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket.fetching import InPack, Source, Task, members_of, plan
from pipl_pipe.asset.transfer.assembly import Assembly
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged, AssetMissing, StoreReadOnly, StoreUnreachable

_ASSEMBLED = 32
"""So many large objects are put together at once: each holds a file open."""


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
            return
        document, listing, members = self._source.revision(reference)
        lacking = [one for one in members if not self._near.has(one.digest, one.size)]
        found = plan(lacking, document)
        self._objects.update(one.digest for one in lacking)
        self._objects.difference_update(one.digest for one in found.parted)
        self._fetch_all(found.tasks)
        self._objects.clear()
        parted = sorted(found.parted)  # in one order, so that two pulls cannot block each other
        for at in range(0, len(parted), _ASSEMBLED):
            self._assemble(parted[at : at + _ASSEMBLED])
        with self._near.batch() as batch:
            for one in members:
                batch.expect(one.digest)
            if reference.shape == "file":
                batch.remember(reference.digest)
            else:
                path = batch.new()
                files.save(listing, path)
                batch.seal(reference.digest, path)

    def _is_near(self, reference: Reference) -> bool:
        """Whether nothing lacks; the revision is then remembered, if near can be written."""
        digests = [reference.digest]
        if reference.shape == "file":
            if not self._near.has(reference.digest, reference.size):
                return False
        else:
            try:
                entries = self._near.manifest(reference, asset=reference.name).entries
            except (AssetMissing, AssetDamaged):
                return False
            if not all(self._near.has(entry.digest, entry.size) for entry in entries):
                return False
            digests += [entry.digest for entry in entries]
        with contextlib.suppress(StoreReadOnly), self._near.batch() as batch:
            for digest in digests:
                batch.expect(digest)
            batch.remember(reference.digest)
        return True

    def _fetch_all(self, tasks: Sequence[Task]) -> None:
        members = [one for task in tasks for one in members_of(task)]
        self._traffic.expect(sum(one.size for one in members), len(members))
        self._traffic.each(tasks, self._fetch)

    def _assemble(self, several: Sequence[Member]) -> None:
        """Fetch large objects by their parts."""
        with contextlib.ExitStack() as stack:
            assemblies, tasks = [], []
            for whole in several:
                opened = Assembly.opened(self._near, whole, where=self._source.bucket.name)
                assembly = stack.enter_context(opened)
                if assembly is not None:
                    assemblies.append(assembly)
                    tasks += self._plan_parts(assembly)
            self._fetch_all(tasks)
            for assembly in assemblies:
                assembly.finish()
            self._slices.clear()

    def _plan_parts(self, assembly: Assembly) -> List[Task]:
        document, parts = self._source.parts(assembly.whole)
        placed: List[Tuple[int, Member]] = []
        end = 0
        for part in parts:
            placed.append((end, part))
            end += part.size
        asked: Dict[Member, None] = {}
        for offset, part in assembly.lacking(placed):
            if part.digest not in self._slices:
                asked[part] = None
            self._slices.setdefault(part.digest, []).append((assembly, offset))
        return plan(asked, document).tasks

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
        with contextlib.closing(self._counted(member)) as pieces:
            if member.digest not in self._objects:
                self._write_slices(member, pieces)
                return
            with self._near.batch() as batch:
                path = batch.new()
                with path.open("xb", buffering=0) as file:
                    for piece in pieces:
                        files.write(file, piece)
                    files.allow(file.fileno(), path, files.READ_ONLY)
                batch.keep(member.digest, path)

    def _write_slices(self, member: Member, pieces: Pieces) -> None:
        """Write a part wherever it belongs; a black image is the same part many times."""
        done = 0
        for piece in pieces:
            for assembly, offset in self._slices.get(member.digest, ()):
                assembly.write(offset + done, (piece,))
            done += len(piece)

    def _counted(self, member: Member) -> Pieces:
        with contextlib.closing(self._source.single(member)) as pieces:
            for piece in pieces:
                self._traffic.count(len(piece))
                yield piece
        self._traffic.count(0, 1)
