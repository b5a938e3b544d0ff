"""Fetching objects from the project's server: small ones in packs, large ones in ranges."""

from __future__ import annotations

import contextlib
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.manifest import Manifest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.server.http import Answer, Connections
from pipl_pipe.asset.transfer import Traffic, pack
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.asset.transfer.parts import Parts
from pipl_pipe.errors import AssetDamaged, AssetMissing

PACK_BYTES = 8 << 20
PACK_OBJECTS = 4096
PART_BYTES = 8 << 20
LARGE_BYTES = 64 << 20
"""From here on an object arrives in parts, several at once, and goes on after a kill -9."""


class Pull:
    """Fetching the objects of one asset; without `near` they are verified and given up."""

    def __init__(
        self, connections: Connections, near: Optional[Objects], traffic: Traffic, asset: str
    ) -> None:
        self._connections = connections
        self._near = near
        self._traffic = traffic
        self._asset = asset

    def manifest(self, reference: Reference) -> bytes:
        """The content of a manifest object, not verified yet; the near one where it is there."""
        if self._near is not None and self._near.has(reference.digest):
            content = self._near.path(reference.digest).read_bytes()
            if digests.of_bytes(content, reference.digest.algorithm) == reference.digest:
                return content

        def attempt() -> bytes:
            with self._object(reference.digest) as answer:
                return answer.read(manifest.MAX_BYTES)

        return self._traffic.retried(attempt)

    def fetch(self, sizes: Dict[Digest, int]) -> None:
        """Bring what near lacks of these objects."""
        near = self._expect_near()
        lacking = {one: size for one, size in sizes.items() if not near.has(one, size)}
        self._traffic.expect(sum(lacking.values()), len(lacking))
        packs, singles = grouped(lacking, PACK_BYTES)
        self._traffic.each(packs, self._keep_pack)
        self._traffic.each(
            [one for one in singles if one.size < LARGE_BYTES],
            lambda one: self._traffic.retried(lambda: self._keep_single(one)),
        )
        for one in singles:
            if one.size >= LARGE_BYTES:
                self._keep_large(one)

    def check(self, sizes: Dict[Digest, int]) -> None:
        """Read these objects. Raises AssetMissing, AssetDamaged."""
        self._traffic.expect(sum(sizes.values()), len(sizes))
        packs, singles = grouped(sizes, PACK_BYTES)
        self._traffic.each(packs, lambda one: self._take_pack(one, lambda member, content: None))
        self._traffic.each(singles, self._check_single)

    def seal(self, revision: Digest, content: bytes, listed: Manifest) -> None:
        """Put a verified manifest in place, whose files were all fetched."""
        with self._expect_near().batch() as batch:
            for entry in listed.entries:
                batch.expect(entry.digest)
            path = batch.new()
            files.save(content, path)
            batch.seal(revision, path)

    def _keep_pack(self, wanted: Sequence[Member]) -> None:
        with self._expect_near().batch() as batch:

            def keep(member: Member, content: memoryview) -> None:
                path = batch.new()
                files.save(bytes(content), path)
                batch.keep(member.digest, path)

            self._take_pack(wanted, keep)

    def _take_pack(
        self, wanted: Sequence[Member], take: Callable[[Member, memoryview], None]
    ) -> None:
        """Ask for the members until each has arrived once, each verified."""
        waiting = {member.digest: member.size for member in wanted}
        arrived: List[int] = []

        def attempt() -> None:
            # What a failed attempt had counted is taken back, but these need not travel again.
            self._traffic.transfer.progress.advance(sum(arrived), len(arrived))
            arrived.clear()
            for member, content in pack.read(
                self._packed(sorted(waiting)), lambda digest: digest in waiting, where=self._name
            ):
                if member.size != waiting.pop(member.digest):
                    found = f"{member.size} bytes arrive"
                    raise AssetDamaged(str(member.digest), self._name, found)
                take(member, content)
                arrived.append(member.size)
                self._traffic.passing(member.size, 1)
            if waiting:
                raise AssetMissing(str(next(iter(waiting))), self._name, self._asset)

        self._traffic.retried(attempt)

    def _packed(self, wanted: List[Digest]) -> Iterator[bytes]:
        asked = {"objects": [str(digest) for digest in wanted]}
        with self._connections.posted("/+pipl/assets/pack", asked) as answer:
            yield from answer.pieces()

    @contextlib.contextmanager
    def _object(
        self, digest: Digest, *, headers: Optional[Dict[str, str]] = None
    ) -> Iterator[Answer]:
        """Raises AssetMissing; AssetDamaged where a range lies beyond the object's end."""
        path = f"/+pipl/assets/{digest.algorithm}/{digest.hex}"
        good = 206 if headers else 200
        with self._connections.ask(
            "GET", path, headers=headers, expected=(good, 404, 416)
        ) as answer:
            if answer.status == 404:
                raise AssetMissing(str(digest), self._name, self._asset)
            if answer.status == 416:
                raise AssetDamaged(str(digest), self._name, "it is too short")
            yield answer

    def _passing(self, answer: Answer) -> Iterator[bytes]:
        for piece in answer.pieces():
            self._traffic.passing(len(piece))
            yield piece

    @property
    def _name(self) -> str:
        return self._connections.name

    def _expect_near(self) -> Objects:
        assert self._near is not None, "without a store nearby nothing can be kept"
        return self._near

    def _check_single(self, one: Member) -> None:
        self._traffic.retried(lambda: self._stream(one, lambda piece: None))

    def _keep_single(self, one: Member) -> None:
        with self._expect_near().batch() as batch:
            path = batch.new()
            with path.open("xb") as file:
                self._stream(one, lambda piece: files.write(file, piece))
            path.chmod(files.READ_ONLY)
            batch.keep(one.digest, path)

    def _stream(self, one: Member, take: Callable[[bytes], None]) -> None:
        """Read an object from its beginning to its end, and verify it."""
        hasher = digests.hasher(one.digest.algorithm)
        with self._object(one.digest) as answer:
            if answer.size != one.size:
                raise AssetDamaged(str(one.digest), self._name, f"{answer.size} bytes arrive")
            for piece in self._passing(answer):
                hasher.update(piece)
                take(piece)
        if hasher.hexdigest() != one.digest.hex:
            found = f"what arrived has digest {one.digest.algorithm}:{hasher.hexdigest()}"
            raise AssetDamaged(str(one.digest), self._name, found)
        self._traffic.count(0, 1)

    def _keep_large(self, one: Member) -> None:
        near = self._expect_near()
        folder = near.partial(one.digest) / f"ranges-{PART_BYTES}-{one.size}"
        parts = Parts(folder, one.size, PART_BYTES)
        with files.storing(near.root), parts.held():
            if near.has(one.digest, one.size):  # by now: another process fetched it
                self._traffic.passing(one.size, 1)
                return
            missing = [part for run in parts.missing() for part in range(*run)]
            there = one.size - sum(parts.range_of(part)[1] for part in missing)
            self._traffic.transfer.progress.advance(there)

            def fetch(part: int) -> None:
                self._traffic.retried(lambda: self._keep_part(one, parts, part))

            self._traffic.each(missing, fetch)
            with near.batch() as batch:
                batch.keep(one.digest, parts.hand_over(one.digest, batch, where=self._name))
        self._traffic.count(0, 1)

    def _keep_part(self, one: Member, parts: Parts, part: int) -> None:
        start, length = parts.range_of(part)
        headers = {"Range": f"bytes={start}-{start + length - 1}"}
        with self._object(one.digest, headers=headers) as answer:
            if answer.size != length:
                raise AssetDamaged(str(one.digest), self._name, f"{answer.size} bytes arrive")
            parts.write(part, self._passing(answer))


def grouped(
    sizes: Mapping[Digest, int], pack_bytes: int
) -> Tuple[List[List[Member]], List[Member]]:
    """Small objects in groups that make up a pack of so many bytes; and what travels alone."""
    groups: List[List[Member]] = []
    singles: List[Member] = []
    room = 0
    for member in sorted(Member(digest, size) for digest, size in sizes.items()):
        if member.size > pack.MAX_MEMBER_BYTES:
            singles.append(member)
            continue
        if not groups or member.size > room or len(groups[-1]) == PACK_OBJECTS:
            groups.append([])
            room = pack_bytes
        groups[-1].append(member)
        room -= member.size
    return groups, singles
