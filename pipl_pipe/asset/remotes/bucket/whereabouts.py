"""Where objects lie in a bucket, and the documents that say so (pipl-remote/1).

    objects/<algorithm>/<2>/<rest>     an object by itself
    packs/<2>/<name>[.index]           small objects together, see `pack`
    parts/<algorithm>/<2>/<rest>       document: the parts of a large object, objects themselves
    revisions/<algorithm>/<2>/<rest>   document: an asset; written last, so all of it is there

A document is a line with its format, a line of JSON, a listing, and a table: for each different
digest of the listing, sorted, the number of its pack (4 bytes, big-endian) and where its header
begins in it (8 bytes). The listing is the manifest of a folder or sequence, nothing for a file,
and headers as packs have them, in the order of the content, for parts.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Sequence, Tuple

from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.transfer import pack
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged, InvalidDigest

FORMAT = b"pipl-remote/1\n"
MAX_BYTES = manifest.MAX_BYTES + 64_000_000
_ROW = struct.Struct(">IQ")
_LOOSE, _PARTED = 0xFFFFFFFF, 0xFFFFFFFE
_NAME = re.compile(r"[0-9a-f]{64}")


class Spot(NamedTuple):
    """In a pack from `offset` on, or outside of packs (see `LOOSE`, `PARTED`)."""

    pack: str
    offset: int


LOOSE = Spot("", _LOOSE)
PARTED = Spot("", _PARTED)


def object_key(digest: Digest) -> str:
    return f"objects/{_shard(digest)}"


def parts_key(digest: Digest) -> str:
    return f"parts/{_shard(digest)}"


def revision_key(digest: Digest) -> str:
    return f"revisions/{_shard(digest)}"


def pack_key(name: str) -> str:
    return f"packs/{name[:2]}/{name[2:]}"


def index_key(name: str) -> str:
    return f"{pack_key(name)}.index"


def revision_of(key: str) -> str:
    """The revision that a key below `revisions` stands for; empty for a stray one."""
    pieces = key.split("/")
    try:
        return str(Digest.parse(f"{pieces[1]}:{''.join(pieces[2:])}")) if len(pieces) == 4 else ""
    except InvalidDigest:
        return ""


def pack_of(key: str) -> str:
    """The name of the pack whose index has this key; empty for anything else."""
    pieces = key.split("/")
    name = "".join(pieces[1:]).partition(".")[0]
    return name if _NAME.fullmatch(name) and key == index_key(name) else ""


@dataclass(frozen=True)
class Document:
    """What a document holds about the object `digest` of `size` bytes.

    `packs` are the sizes of the packs it counts on, by name; `spots` says where each of the
    different digests of its listing lies.
    """

    digest: Digest
    size: int
    listing: bytes
    packs: Mapping[str, int]
    spots: Mapping[Digest, Spot]

    def render(self) -> bytes:
        names = list(self.packs)
        numbers = {name: number for number, name in enumerate(names)}
        head = {
            "digest": str(self.digest),
            "size": self.size,
            "listing": len(self.listing),
            "packs": [[name, self.packs[name]] for name in names],
        }
        rows = (self.spots[digest] for digest in sorted(self.spots))
        table = b"".join(_ROW.pack(numbers.get(row.pack, row.offset), row.offset) for row in rows)
        line = json.dumps(head, sort_keys=True, separators=(",", ":")).encode("ascii")
        return b"".join((FORMAT, line, b"\n", self.listing, table))


class Unplaced(NamedTuple):
    """A document whose table was not compared with its listing yet."""

    digest: Digest
    size: int
    listing: bytes
    packs: Dict[str, int]
    table: memoryview
    where: str

    def placed(self, digests: Iterable[Digest]) -> Document:
        """The document, given the digests of its listing. Raises AssetDamaged."""
        ordered = sorted(set(digests))
        if len(self.table) != len(ordered) * _ROW.size:
            raise AssetDamaged(str(self.digest), self.where, "its document does not fit its files")
        names = list(self.packs)
        spots: Dict[Digest, Spot] = {}
        for digest, (number, offset) in zip(ordered, _ROW.iter_unpack(self.table)):
            if number < len(names):
                spots[digest] = Spot(names[number], offset)
            elif number in (_LOOSE, _PARTED):
                spots[digest] = LOOSE if number == _LOOSE else PARTED
            else:
                said = f"its document has no pack {number}"
                raise AssetDamaged(str(self.digest), self.where, said)
        return Document(self.digest, self.size, self.listing, self.packs, spots)


def parse(content: bytes, digest: Digest, *, where: str) -> Unplaced:
    """Read a document about `digest` that anybody may have written. Raises AssetDamaged."""
    try:
        if not content.startswith(FORMAT):
            raise ValueError(f"its format is not {FORMAT.decode().strip()}")
        end = content.index(b"\n", len(FORMAT))
        head = json.loads(content[len(FORMAT) : end])
        if head["digest"] != str(digest):
            raise ValueError(f"it is about {str(head['digest'])[:100]}")
        size, listed = head["size"], head["listing"]
        if type(size) is not int or type(listed) is not int or min(size, listed) < 0:
            raise ValueError("a size is no number of bytes")
        packs = dict(map(_pack, head["packs"]))
        body = memoryview(content)[end + 1 :]
        if len(packs) != len(head["packs"]) or len(body) < listed:
            raise ValueError("it is cut short, or names a pack twice")
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        found = f"no document of a remote ({type(fault).__name__}: {fault})"
        raise AssetDamaged(str(digest), where, found) from fault
    return Unplaced(digest, size, bytes(body[:listed]), packs, body[listed:], where)


def parts_document(
    digest: Digest, parts: Sequence[Member], packs: Mapping[str, int], spots: Mapping[Digest, Spot]
) -> Document:
    """Of a large object; `parts` are in the order of its content."""
    listing = b"".join(map(pack.header, parts))
    return Document(digest, sum(part.size for part in parts), listing, packs, spots)


def parse_parts(
    content: bytes, whole: Member, *, where: str
) -> Tuple[Document, Tuple[Member, ...]]:
    """The document of a large object and its parts in order. Raises AssetDamaged."""
    found = parse(content, whole.digest, where=where)
    parts = pack.headers(found.listing, where=where)
    if found.size != whole.size or sum(part.size for part in parts) != whole.size:
        raise AssetDamaged(str(whole.digest), where, f"its parts are not {whole.size} bytes")
    if any(not part.size for part in parts):
        raise AssetDamaged(str(whole.digest), where, "one of its parts is empty")
    return found.placed(part.digest for part in parts), parts


def _pack(one: Any) -> Tuple[str, int]:
    name, size = one
    if not isinstance(name, str) or not _NAME.fullmatch(name) or type(size) is not int:
        raise ValueError("a pack has no name or size")
    return name, size


def _shard(digest: Digest) -> str:
    return f"{digest.algorithm}/{digest.hex[:2]}/{digest.hex[2:]}"
