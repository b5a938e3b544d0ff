"""Packs: many small objects as one stream, with an index beside.

    pack    pipl-pack/1 LF, then for each member its header and its content, then the end mark
    header  algorithm (1 byte), digest (32 bytes), size of the content (8 bytes, big-endian)
    end     a header of algorithm 0 and digest 0, whose size is the number of members
    index   pipl-pack-index/1 LF, then the headers of all members

Members are sorted by digest and a pack is named by its index's SHA-256, so the same members give
the same pack under the same name, and the name is known before any content is read.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from pipl_pipe.asset.digest import Digest, maker
from pipl_pipe.errors import AssetDamaged

MAGIC = b"pipl-pack/1\n"
INDEX_MAGIC = b"pipl-pack-index/1\n"
MAX_MEMBER_BYTES = 4 << 20
"""What is larger travels alone: a member is held in memory."""
MAX_MEMBERS = 1 << 20
_HEADER = struct.Struct(">B32sQ")
HEADER_BYTES = _HEADER.size
_NUMBERS = {"sha256": 1, "blake3": 2}
_ALGORITHMS = {number: algorithm for algorithm, number in _NUMBERS.items()}


class Member(NamedTuple):
    """An object of a pack; the size is in bytes."""

    digest: Digest
    size: int


@dataclass(frozen=True)
class Pack:
    """What is known of a pack without its content; members are sorted by digest."""

    name: str
    members: Tuple[Member, ...]

    @classmethod
    def of(cls, members: Iterable[Member]) -> Pack:
        """The pack of these members, none of them larger than `MAX_MEMBER_BYTES`."""
        ordered = tuple(sorted(members, key=_order))
        return cls(hashlib.sha256(_index(ordered)).hexdigest(), ordered)

    @classmethod
    def parse(cls, content: bytes, *, name: str, where: str) -> Pack:
        """Read an index that anybody may have written. Raises AssetDamaged naming the pack."""
        found = hashlib.sha256(content).hexdigest()
        if found != name:
            raise AssetDamaged(f"pack {name}", where, f"its index has the digest {found}")
        body = len(content) - len(INDEX_MAGIC)
        if not content.startswith(INDEX_MAGIC) or body % HEADER_BYTES:
            raise AssetDamaged(f"pack {name}", where, "its index is no index")
        if body > MAX_MEMBERS * HEADER_BYTES:
            raise AssetDamaged(f"pack {name}", where, f"it has more than {MAX_MEMBERS} members")
        members = headers(content[len(INDEX_MAGIC) :], where=where)
        if any(member.size > MAX_MEMBER_BYTES for member in members):
            raise AssetDamaged(f"pack {name}", where, "a member is too large for a pack")
        if any(after <= before for before, after in zip(members, members[1:])):  # noqa: RUF007  # 3.9
            raise AssetDamaged(f"pack {name}", where, "its index is not sorted")
        return cls(name, members)

    @property
    def index(self) -> bytes:
        return _index(self.members)

    @property
    def size(self) -> int:
        """Of the whole pack, in bytes."""
        return size_of(member.size for member in self.members)

    def offsets(self) -> Iterator[Tuple[Member, int]]:
        """Each member and where its header begins."""
        offset = len(MAGIC)
        for member in self.members:
            yield member, offset
            offset += HEADER_BYTES + member.size


def size_of(sizes: Iterable[int]) -> int:
    """The bytes of a pack whose members have these sizes."""
    return len(MAGIC) + HEADER_BYTES + sum(HEADER_BYTES + size for size in sizes)


def header(member: Member) -> bytes:
    """Raises KeyError for an algorithm that packs do not know."""
    digest, size = member
    return _HEADER.pack(_NUMBERS[digest.algorithm], bytes.fromhex(digest.hex), size)


def headers(content: bytes, *, where: str) -> Tuple[Member, ...]:
    """Headers one after the other, that anybody may have written. Raises AssetDamaged."""
    if len(content) % HEADER_BYTES:
        raise AssetDamaged("a list of objects", where, "it is cut short")
    return tuple(_member(found, where) for found in _HEADER.iter_unpack(content))


def end(members: int) -> bytes:
    return _HEADER.pack(0, bytes(32), members)


def write(members: Sequence[Member], read: Callable[[Member], bytes]) -> Iterator[bytes]:
    """The bytes of a pack in pieces, each at most a member long.

    `read` gives the whole content of a member and has verified it.
    """
    yield MAGIC
    for member in members:
        yield header(member)
        yield read(member)
    yield end(len(members))


def read(
    pieces: Iterable[bytes],
    wanted: Callable[[Digest], bool],
    *,
    where: str,
    whole: bool = True,
) -> Iterator[Tuple[Member, memoryview]]:
    """The members that `wanted` asks for, verified; the others are passed over unread.

    Trusts nothing: at most one member and one piece are in memory. A content is valid until the
    next one is asked for. Unless `whole`, the pieces are a part of a pack that begins at a
    header and ends with a member.
    Raises AssetDamaged for wrong, surplus and missing bytes.
    """
    stream = _Stream(pieces, where)
    if whole and bytes(stream.take(len(MAGIC))) != MAGIC:
        raise AssetDamaged("a pack", where, "it does not begin as a pack does")
    count = 0
    while whole or not stream.ended():
        found = _HEADER.unpack(stream.take(HEADER_BYTES))
        if whole and found[0] == 0:
            if found != (0, bytes(32), count) or not stream.ended():
                raise AssetDamaged("a pack", where, "it does not end as a pack does")
            return
        member = _member(found, where)
        if member.size > MAX_MEMBER_BYTES:
            said = f"a member of {member.size} bytes is too large for a pack"
            raise AssetDamaged("a pack", where, said)
        count += 1
        if wanted(member.digest):
            content = stream.take(member.size)
            arrived = maker(member.digest.algorithm)(content).hexdigest()
            if arrived != member.digest.hex:
                raise AssetDamaged(str(member.digest), where, f"what arrived has digest {arrived}")
            yield member, content
        else:
            stream.skip(member.size)


def split(members: Iterable[Member], most: int) -> List[Pack]:
    """Packs of at most `most` bytes of content, made from the members in digest order."""
    packs: List[Pack] = []
    waiting: List[Member] = []
    size = 0
    for member in sorted(members, key=_order):
        if waiting and size + member.size > most:
            packs.append(Pack.of(waiting))
            waiting, size = [], 0
        waiting.append(member)
        size += member.size
    return [*packs, Pack.of(waiting)] if waiting else packs


class _Stream:
    """Pieces of any size as exact lengths."""

    def __init__(self, pieces: Iterable[bytes], where: str) -> None:
        self._pieces = iter(pieces)
        self._where = where
        self._held = memoryview(b"")

    def take(self, length: int) -> memoryview:
        """The next bytes. Raises AssetDamaged where there are fewer."""
        if len(self._held) < length:
            gathered = [self._held]
            size = len(self._held)
            while size < length:
                gathered.append(memoryview(self._next()))
                size += len(gathered[-1])
            self._held = memoryview(b"".join(gathered))
        taken, self._held = self._held[:length], self._held[length:]
        return taken

    def skip(self, length: int) -> None:
        """Pass over the next bytes. Raises AssetDamaged where there are fewer."""
        while length > len(self._held):
            length -= len(self._held)
            self._held = memoryview(self._next())
        self._held = self._held[length:]

    def ended(self) -> bool:
        """Whether nothing follows."""
        while not len(self._held):
            piece = next(self._pieces, None)
            if piece is None:
                return True
            self._held = memoryview(piece)
        return False

    def _next(self) -> bytes:
        piece = next(self._pieces, None)
        if piece is None:
            raise AssetDamaged("a pack", self._where, "it is cut short")
        return piece


def _order(member: Member) -> Tuple[str, str]:
    return member.digest.algorithm, member.digest.hex


def _index(members: Sequence[Member]) -> bytes:
    return b"".join((INDEX_MAGIC, *map(header, members)))


def _member(found: Tuple[int, bytes, int], where: str) -> Member:
    """Read a header that anybody may have written."""
    number, digest, size = found
    if number not in _ALGORITHMS:
        raise AssetDamaged("a pack", where, f"algorithm {number} of a member is not known")
    return Member(Digest(_ALGORITHMS[number], digest.hex()), size)
