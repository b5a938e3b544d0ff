"""What a bucket holds of the objects that are to be pushed: nothing is believed unseen."""

from __future__ import annotations

import contextlib
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from pipl_pipe.asset.bucket import Bucket
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.remotes.bucket import whereabouts
from pipl_pipe.asset.remotes.bucket.known import Known
from pipl_pipe.asset.remotes.bucket.whereabouts import PARTED, Spot
from pipl_pipe.asset.transfer import Traffic
from pipl_pipe.asset.transfer.pack import MAX_INDEX_BYTES, Member, Pack
from pipl_pipe.errors import AssetDamaged, NotInBucket

_WORTH = 8
"""Indexes are read as long as what they may spare is so many times larger."""


class Held:
    """Of one push. `sizes` are those of the packs that were looked at, by name."""

    def __init__(self, bucket: Bucket, known: Known, traffic: Traffic) -> None:
        self.sizes: Dict[str, int] = {}
        self._bucket = bucket
        self._known = known
        self._traffic = traffic
        self._learnt = False
        self._read: Dict[Digest, Spot] = {}
        self._doubted: Set[Digest] = set()
        self._doubted_packs: Set[str] = set()

    def believe(self, spots: Mapping[Digest, Spot], packs: Mapping[str, int]) -> None:
        """Objects that were just read there, and the packs that they were read from."""
        self._read.update(spots)
        self.sizes.update(packs)

    def doubt(self, digests: Iterable[Digest], packs: Iterable[str] = ()) -> None:
        """Objects and packs that are lost or damaged there: they are sent again."""
        lost = set(digests)
        self._doubted |= lost
        self._doubted_packs.update(packs)
        self._known.forget(lost)

    def note(self, spots: Mapping[Digest, Spot], *, whole: str = "") -> None:
        """Objects that were just sent; `whole` is the pack that they make up."""
        self._known.note(spots, whole=whole)

    def size(self, key: str) -> Optional[int]:
        return self._traffic.retried(lambda: self._bucket.size(key))

    def has_object(self, member: Member) -> bool:
        """Whether the object lies there by itself."""
        if member.digest in self._doubted:
            return False
        return self.size(whereabouts.object_key(member.digest)) == member.size

    def has_parts(self, member: Member) -> bool:
        """Whether the parts of the object are there."""
        if member.digest in self._doubted:
            return False
        return self.size(whereabouts.parts_key(member.digest)) is not None

    def has_pack(self, one: Pack) -> bool:
        if one.name in self._doubted_packs:
            return False
        return self.size(whereabouts.pack_key(one.name)) == one.size

    def spots(self, members: Sequence[Member]) -> Dict[Digest, Spot]:
        """Where members lie, as they were read, or by the record where the bucket agrees."""
        asked = [member for member in members if member.digest not in self._doubted]
        found = {one.digest: self._read[one.digest] for one in asked if one.digest in self._read}
        found.update(self._confirmed([one for one in asked if one.digest not in found]))
        return found

    def _confirmed(self, members: Sequence[Member]) -> Dict[Digest, Spot]:
        found = self._known.spots(member.digest for member in members)
        whole = {member.digest: member for member in members}
        names = {spot.pack for spot in found.values()} - {""} - set(self.sizes)
        single = [whole[digest] for digest, spot in found.items() if not spot.pack]
        lost: Set[Digest] = set()
        lost_packs: Set[str] = set()

        def look_for_pack(name: str) -> None:
            size = self.size(whereabouts.pack_key(name))
            if size is None:
                lost_packs.add(name)
            else:
                self.sizes[name] = size

        def look_for(one: Member) -> None:
            is_parted = found[one.digest] == PARTED
            if not (self.has_parts(one) if is_parted else self.has_object(one)):
                lost.add(one.digest)

        self._traffic.each(sorted(names), look_for_pack)
        self._traffic.each(single, look_for)
        if lost or lost_packs:
            self._known.forget(lost, lost_packs)
        return {
            digest: spot
            for digest, spot in found.items()
            if digest not in lost and spot.pack not in lost_packs
        }

    def learn(self, missing: Sequence[Member]) -> bool:
        """Read indexes of packs that others have pushed; whether anything was learnt."""
        if self._learnt or self._known.path is None:
            return False
        self._learnt = True
        room = sum(member.size for member in missing) // _WORTH
        have, unread = self._known.packs(), []
        for key, size in self._bucket.keys("packs"):
            name = whereabouts.pack_of(key)
            if name and name not in have and size <= room:
                room -= size
                unread.append((name, key, size))

        def read(one: Tuple[str, str, int]) -> None:
            name, key, size = one
            try:
                found = self.index(name, key, size)
            except (AssetDamaged, NotInBucket):
                return  # it says nothing about any object, which only costs sending it again
            spots = {member.digest: Spot(name, offset) for member, offset in found.offsets()}
            self._known.note(spots, whole=name)

        self._traffic.each(unread, read)
        return bool(unread)

    def index(self, name: str, key: str, size: int) -> Pack:
        """What the index of a pack says. Raises AssetDamaged, NotInBucket."""
        if size > MAX_INDEX_BYTES:
            raise AssetDamaged(f"pack {name}", self._bucket.name, f"its index has {size} bytes")

        def read() -> bytes:
            held: List[bytes] = []
            left = size
            with contextlib.closing(self._bucket.read(key, 0, size)) as pieces:
                for piece in pieces:
                    left -= len(piece)
                    if left < 0:
                        break
                    held.append(piece)
            return b"".join(held)

        content = self._traffic.retried(read)
        return Pack.parse(content, name=name, where=self._bucket.name)
