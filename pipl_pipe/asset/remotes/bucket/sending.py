"""Pushing an asset into a bucket: what it lacks, in packs, parts and single objects."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple, Union

from pipl_pipe.asset import manifest
from pipl_pipe.asset.bucket import PIECE_BYTES, Bucket
from pipl_pipe.asset.digest import Digest, hasher, maker
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import cutting, whereabouts
from pipl_pipe.asset.remotes.bucket.cutting import Split
from pipl_pipe.asset.remotes.bucket.held import Held
from pipl_pipe.asset.remotes.bucket.whereabouts import LOOSE, PARTED, Document, Spot
from pipl_pipe.asset.transfer import Traffic, pack
from pipl_pipe.asset.transfer.pack import Member, Pack
from pipl_pipe.errors import AssetDamaged, AssetMissing

PACK_BYTES = 32 << 20
LEAST_BYTES = 8 << 20
_STREAMS = 8
"""Less than so many packs of the usual size are made smaller, to travel side by side.

Not by the jobs of a transfer: the same files make the same packs, also when a push goes on.
"""
_LEARN_BYTES = 8 << 20
"""Less than this is sent without asking which packs hold it already."""


class Slice(NamedTuple):
    """Where the content of a member is on this machine."""

    path: Path
    offset: int


class Push:
    """One push. Nothing is counted on that the bucket was not asked for."""

    def __init__(
        self,
        bucket: Bucket,
        held: Held,
        near: Objects,
        traffic: Traffic,
        *,
        split: Split = cutting.fixed,
    ) -> None:
        self._bucket = bucket
        self._held = held
        self._near = near
        self._traffic = traffic
        self._split = split
        self._sources: Dict[Digest, Slice] = {}

    def push(self, reference: Reference) -> None:
        """Send what the bucket lacks, and the revision's document last."""
        listing, members = self._listed(reference)
        spots = self._place(members)
        packs = self._packs_of(spots)
        document = Document(reference.digest, reference.size, listing, packs, spots)
        self._write(whereabouts.revision_key(reference.digest), document.render())

    def _listed(self, reference: Reference) -> Tuple[bytes, List[Member]]:
        """The content of the manifest, empty for a file, and the different files."""
        if reference.shape == "file":
            return b"", [Member(reference.digest, reference.size)]
        content = self._near.manifest_content(reference, asset=reference.name)
        listed = manifest.verified(content, reference, where=self._near.name)
        sizes = {entry.digest: entry.size for entry in listed.entries}
        return content, [Member(digest, size) for digest, size in sizes.items()]

    def _place(self, members: Sequence[Member]) -> Dict[Digest, Spot]:
        """Send what the bucket lacks of the members; where all of them lie then."""
        spots = self._held.spots(members)
        missing = [member for member in members if member.digest not in spots]
        if sum(member.size for member in missing) >= _LEARN_BYTES and self._held.learn(missing):
            spots.update(self._held.spots(missing))
            missing = [member for member in missing if member.digest not in spots]
        large = [member for member in missing if self._cuts(member)]
        if large:
            spots.update(self._send_large(large))
        spots.update(self._send_small([one for one in missing if one.digest not in spots]))
        return spots

    def _cuts(self, member: Member) -> bool:
        if member.digest in self._sources:
            return False  # it is a part
        most = cutting.PART_BYTES if self._split is cutting.fixed else pack.MAX_MEMBER_BYTES
        return member.size > most

    def _send_large(self, large: Sequence[Member]) -> Dict[Digest, Spot]:
        """Send objects in parts; an object whose document is there is there."""
        lacking: List[Member] = []

        def look_for(member: Member) -> None:
            if not self._held.has_parts(member):
                lacking.append(member)

        self._traffic.each(large, look_for)
        parts: Dict[Digest, Tuple[Member, ...]] = {}
        for member in lacking:
            self._near.verify(member.digest, size=member.size, asset="")
            parts[member.digest] = self._cut(member)
        spots = self._place(list(dict.fromkeys(part for some in parts.values() for part in some)))
        for digest, some in parts.items():
            own = {part.digest: spots[part.digest] for part in some}
            document = whereabouts.parts_document(digest, some, self._packs_of(own), own)
            self._write(whereabouts.parts_key(digest), document.render())
        done = {member.digest: PARTED for member in large}
        self._held.note(done)
        return done

    def _cut(self, member: Member) -> Tuple[Member, ...]:
        """The parts of a file and their digests."""
        path = self._near.path(member.digest)
        offsets: List[Tuple[int, int]] = []
        end = 0
        for size in self._split(path):
            offsets.append((end, size))
            end += size
        parts: Dict[int, Member] = {}

        def read(where: Tuple[int, int]) -> None:
            offset, size = where
            state = hasher(member.digest.algorithm)
            for piece in self._pieces(Slice(path, offset), size):
                state.update(piece)
            parts[offset] = Member(Digest(member.digest.algorithm, state.hexdigest()), size)

        self._traffic.each(offsets, read)
        for offset, _ in offsets:
            self._sources.setdefault(parts[offset].digest, Slice(path, offset))
        return tuple(parts[offset] for offset, _ in offsets)

    def _send_small(self, members: Sequence[Member]) -> Dict[Digest, Spot]:
        """Send objects that are not cut: small ones packed, the others each by itself."""
        small = [member for member in members if member.size <= pack.MAX_MEMBER_BYTES]
        packs = pack.split(small, _pack_bytes(small)) if len(small) > 1 else []
        single = [one for one in members if one.size > pack.MAX_MEMBER_BYTES or not packs]
        spots: Dict[Digest, Spot] = {}
        self._traffic.expect(sum(member.size for member in members), len(members))

        def send(one: Union[Pack, Member]) -> None:
            if isinstance(one, Pack):
                found = self.send_pack(one)
            else:
                found = {one.digest: LOOSE}
                self._send_single(one)
                self._held.note(found)
            spots.update(found)

        tasks: List[Union[Pack, Member]] = [*packs, *single]
        self._traffic.each(tasks, send)
        return spots

    def send_pack(self, one: Pack) -> Dict[Digest, Spot]:
        """Send a pack unless it is there; where its members lie."""
        key = whereabouts.pack_key(one.name)
        if self._held.has_pack(one):
            self._skip(sum(member.size for member in one.members), len(one.members))
        else:
            self._write(whereabouts.index_key(one.name), one.index)
            self._traffic.retried(lambda: self._write_pack(key, one))
        found = {member.digest: Spot(one.name, at) for member, at in one.offsets()}
        self._held.sizes[one.name] = one.size
        self._held.note(found, whole=one.name)
        return found

    def _write_pack(self, key: str, one: Pack) -> None:
        with self._bucket.writer(key) as file:
            for piece in pack.write(one.members, self._content):
                file.write(piece)

    def _content(self, member: Member) -> bytes:
        """All of a small member, verified."""
        content = b"".join(self._pieces(self._source(member), member.size))
        found = maker(member.digest.algorithm)(content).hexdigest()
        if found != member.digest.hex:
            raise AssetDamaged(str(member.digest), self._near.name, f"its content is {found}")
        self._traffic.passing(member.size, 1)
        return content

    def _send_single(self, member: Member) -> None:
        key = whereabouts.object_key(member.digest)
        if self._held.has_object(member):
            self._skip(member.size, 1)
            return

        def write() -> None:
            state = hasher(member.digest.algorithm)
            with self._bucket.writer(key) as file:
                for piece in self._pieces(self._source(member), member.size):
                    state.update(piece)
                    self._traffic.passing(len(piece))
                    file.write(piece)
                if state.hexdigest() != member.digest.hex:
                    said = f"its content is {state.hexdigest()}"
                    raise AssetDamaged(str(member.digest), self._near.name, said)
                self._traffic.passing(0, 1)

        self._traffic.retried(write)

    def _source(self, member: Member) -> Slice:
        found = self._sources.get(member.digest)
        return found or Slice(self._near.path(member.digest), 0)

    def _pieces(self, source: Slice, size: int) -> Iterator[bytes]:
        """The content of a slice. Raises AssetMissing, and AssetDamaged where it is too short."""
        try:
            with source.path.open("rb", buffering=0) as file:
                file.seek(source.offset)
                left = size
                while left:
                    piece = file.read(min(left, PIECE_BYTES))
                    if not piece:
                        said = f"{left} bytes are missing"
                        raise AssetDamaged(source.path.name, self._near.name, said)
                    left -= len(piece)
                    yield piece
        except FileNotFoundError as fault:
            raise AssetMissing(source.path.name, self._near.name) from fault

    def _packs_of(self, spots: Dict[Digest, Spot]) -> Dict[str, int]:
        """The packs that hold the members, in order of their names, and their sizes."""
        names = {spot.pack for spot in spots.values()} - {""}
        return {name: self._held.sizes[name] for name in sorted(names)}

    def _write(self, key: str, content: bytes) -> None:
        def write() -> None:
            with self._bucket.writer(key) as file:
                file.write(content)

        self._traffic.retried(write)

    def _skip(self, size: int, objects: int) -> None:
        """Count what was there already."""
        self._traffic.transfer.progress.advance(size, objects)


def _pack_bytes(members: Sequence[Member]) -> int:
    """How large the packs of these members are."""
    return min(PACK_BYTES, max(LEAST_BYTES, sum(one.size for one in members) // _STREAMS))
