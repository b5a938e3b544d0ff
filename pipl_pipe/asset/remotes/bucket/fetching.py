"""Reading what a bucket holds of an asset: documents, packs, and objects by themselves."""

from __future__ import annotations

import contextlib
from typing import Dict, Generator, Iterable, Iterator, List, NamedTuple, Tuple

from pipl_pipe.asset import manifest
from pipl_pipe.asset.bucket import Bucket, Pieces
from pipl_pipe.asset.digest import Digest, hasher
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import whereabouts
from pipl_pipe.asset.remotes.bucket.whereabouts import LOOSE, PARTED, Document, Spot
from pipl_pipe.asset.transfer import Traffic, pack
from pipl_pipe.asset.transfer.pack import HEADER_BYTES, Member
from pipl_pipe.errors import AssetDamaged, AssetMissing, NotInBucket, StoreUnreachable

_GAP_BYTES = 1 << 20
"""Reading over so much costs less than asking again."""


class InPack(NamedTuple):
    """Members to read from one pack, and where their headers begin, in order."""

    name: str
    size: int
    members: Tuple[Tuple[int, Member], ...]


class Plan(NamedTuple):
    """What has to be read for some members."""

    packs: List[InPack]
    single: List[Member]
    parted: List[Member]


def plan(members: Iterable[Member], document: Document) -> Plan:
    """How to read members of a document."""
    packs: Dict[str, List[Tuple[int, Member]]] = {}
    made = Plan([], [], [])
    for member in members:
        spot: Spot = document.spots[member.digest]
        if spot == LOOSE:
            made.single.append(member)
        elif spot == PARTED:
            made.parted.append(member)
        else:
            packs.setdefault(spot.pack, []).append((spot.offset, member))
    for name, found in packs.items():
        made.packs.append(InPack(name, document.packs[name], tuple(sorted(found))))
    return made


class Source:
    """Reading a bucket, its faults being those of the asset; see `Traffic` for retries."""

    def __init__(self, bucket: Bucket, traffic: Traffic) -> None:
        self.bucket = bucket
        self.traffic = traffic

    def revision(self, reference: Reference) -> Tuple[Document, bytes, Tuple[Member, ...]]:
        """The asset's document, its manifest (empty for a file), and its different files.

        Raises AssetMissing, AssetDamaged.
        """
        digest, where = reference.digest, self.bucket.name
        try:
            content = self._document(whereabouts.revision_key(digest), digest)
        except NotInBucket as fault:
            raise AssetMissing(reference.revision, where, reference.name) from fault
        found = whereabouts.parse(content, digest, where=where)
        members: Tuple[Member, ...] = (Member(digest, reference.size),)
        if reference.shape != "file":
            listed = manifest.verified(found.listing, reference, where=where)
            sizes = {entry.digest: entry.size for entry in listed.entries}
            members = tuple(Member(one, size) for one, size in sizes.items())
        return found.placed(member.digest for member in members), found.listing, members

    def parts(self, whole: Member) -> Tuple[Document, Tuple[Member, ...]]:
        """The document of a large object and its parts in order."""
        key = whereabouts.parts_key(whole.digest)
        with self._promised(key):
            content = self._document(key, whole.digest)
        return whereabouts.parse_parts(content, whole, where=self.bucket.name)

    def packed(self, one: InPack) -> Generator[Tuple[Member, memoryview], None, None]:
        """The members of a pack that are asked for, verified, not retried."""
        where = self.bucket.name
        key = whereabouts.pack_key(one.name)
        sizes = {member.digest: member.size for _, member in one.members}
        for start, end in _ranges(one):
            whole = end - start == one.size
            with contextlib.closing(self.pieces(key, start, end - start, whole=whole)) as pieces:
                wanted = sizes.__contains__
                for member, content in pack.read(pieces, wanted, where=where, whole=whole):
                    if sizes.pop(member.digest) != member.size:
                        said = f"it has {member.size} bytes"
                        raise AssetDamaged(str(member.digest), where, said)
                    yield member, content
        if sizes:
            said = f"pack {one.name} lacks it"
            raise AssetDamaged(str(next(iter(sizes))), where, said)

    def single(self, member: Member) -> Pieces:
        """The content of an object that lies by itself, not retried; verified at its end."""
        state = hasher(member.digest.algorithm)
        key = whereabouts.object_key(member.digest)
        with contextlib.closing(self.pieces(key, 0, member.size, whole=True)) as pieces:
            for piece in pieces:
                state.update(piece)
                yield piece
        if state.hexdigest() != member.digest.hex:
            said = f"what arrived has digest {state.hexdigest()}"
            raise AssetDamaged(str(member.digest), self.bucket.name, said)

    def pieces(self, key: str, start: int, length: int, *, whole: bool) -> Pieces:
        """Exactly `length` bytes, limited and counted.

        Raises StoreUnreachable where fewer arrive than the bucket has, AssetDamaged where it
        has fewer, or, of a `whole` key, more.
        """
        left = length
        read = self.bucket.read(key, start, None if whole else length)
        with self._promised(key), contextlib.closing(read):
            for piece in read:
                left -= len(piece)
                if left < 0:
                    break
                self.traffic.pause(len(piece))
                yield piece
            if left:
                size = self.bucket.size(key)
                if left < 0 or size is None or size < start + length:
                    said = f"{size} bytes instead of {start + length}"
                    raise AssetDamaged(key, self.bucket.name, said)
                raise StoreUnreachable(self.bucket.name, f"{left} bytes of {key} did not arrive")

    @contextlib.contextmanager
    def _promised(self, key: str) -> Iterator[None]:
        """A document says that this key is there."""
        try:
            yield
        except NotInBucket as fault:
            raise AssetDamaged(key, self.bucket.name, "nothing is there under this key") from fault

    def _document(self, key: str, digest: Digest) -> bytes:
        """Raises NotInBucket, AssetDamaged."""
        limit = whereabouts.MAX_BYTES

        def read() -> bytes:
            held, size = [], 0
            with contextlib.closing(self.bucket.read(key)) as pieces:
                for piece in pieces:
                    size += len(piece)
                    if size > limit:
                        said = f"its document has more than {limit} bytes"
                        raise AssetDamaged(str(digest), self.bucket.name, said)
                    self.traffic.pause(len(piece))
                    held.append(piece)
            if size != self.bucket.size(key):
                raise StoreUnreachable(self.bucket.name, f"bytes of {key} did not arrive")
            return b"".join(held)

        return self.traffic.retried(read)


def _ranges(one: InPack) -> Iterator[Tuple[int, int]]:
    """Where to read in the pack: few ranges, each from a header to the end of a member.

    Where that is nearly all, the whole pack.
    """
    ranges: List[Tuple[int, int]] = []
    for offset, member in one.members:
        end = offset + HEADER_BYTES + member.size
        if ranges and offset - ranges[-1][1] <= _GAP_BYTES:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        else:
            ranges.append((offset, end))
    smallest = pack.size_of(member.size for _, member in one.members)
    if one.size - smallest <= _GAP_BYTES:
        ranges = [(0, one.size)]
    return iter(ranges)
