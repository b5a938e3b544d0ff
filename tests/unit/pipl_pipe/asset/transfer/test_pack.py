"""Packs: what anybody may have written is refused."""

from __future__ import annotations

import hashlib
from typing import Iterator, List

import pytest

from pipl_pipe.asset.digest import Digest, of_bytes
from pipl_pipe.asset.transfer import pack
from pipl_pipe.asset.transfer.pack import INDEX_MAGIC, MAGIC, Member, Pack
from pipl_pipe.errors import AssetDamaged

CONTENTS = [b"", b"x", b"points" * 1000, bytes(range(256)) * 40]
BY_DIGEST = {of_bytes(content, "sha256"): content for content in CONTENTS}
MEMBERS = [Member(digest, len(content)) for digest, content in BY_DIGEST.items()]


def packed() -> bytes:
    made = Pack.of(MEMBERS)
    return b"".join(pack.write(made.members, lambda member: BY_DIGEST[member.digest]))


def in_pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def unpacked(content: bytes, size: int = 1000, *, whole: bool = True) -> List[bytes]:
    pieces = in_pieces(content, size)
    found = pack.read(pieces, BY_DIGEST.__contains__, where="there", whole=whole)
    return [bytes(one) for _, one in found]


@pytest.mark.parametrize("size", [1, 7, 41, 4096, 1 << 20])
def test_what_was_packed_comes_back_in_pieces_of_any_size(size: int) -> None:
    assert sorted(unpacked(packed(), size)) == sorted(CONTENTS)


def test_the_same_members_give_the_same_pack() -> None:
    one, other = Pack.of(MEMBERS), Pack.of(reversed(MEMBERS))
    assert one == other
    assert one.size == len(packed())
    assert Pack.of(MEMBERS[1:]).name != one.name


def test_the_index_says_where_members_are() -> None:
    made = Pack.of(MEMBERS)
    again = Pack.parse(made.index, name=made.name, where="there")
    assert again == made
    content = packed()
    for member, offset in again.offsets():
        start = offset + pack.HEADER_BYTES
        assert content[start : start + member.size] == BY_DIGEST[member.digest]
        part = content[offset : start + member.size]
        assert unpacked(part, whole=False) == [BY_DIGEST[member.digest]]


def test_members_that_nobody_wants_are_passed_over() -> None:
    wanted = MEMBERS[2].digest
    found = pack.read(in_pieces(packed(), 100), wanted.__eq__, where="there")
    assert [member for member, _ in found] == [MEMBERS[2]]


def test_packs_are_no_larger_than_asked_for() -> None:
    members = [Member(Digest("blake3", f"{number:064x}"), 1000) for number in range(100)]
    packs = pack.split(members, 10_500)
    assert [len(one.members) for one in packs] == [10] * 10
    assert [member for one in packs for member in one.members] == members
    assert pack.split([], 10) == []


def header(number: int, digest: bytes, size: int) -> bytes:
    return number.to_bytes(1, "big") + digest + size.to_bytes(8, "big")


GOOD = bytes.fromhex(of_bytes(b"x", "sha256").hex)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        MAGIC,
        b"pipl-pack/2\n" + pack.end(0),
        packed()[:-1],
        packed()[:-41],
        packed() + b"x",
        packed()[:3000] + b"?" + packed()[3001:],
        MAGIC + pack.end(1),
        MAGIC + header(1, GOOD, 1) + b"x" + pack.end(2),
        MAGIC + header(1, GOOD, 1) + b"y" + pack.end(1),
        MAGIC + header(9, GOOD, 1) + b"x" + pack.end(1),
        MAGIC + header(1, GOOD, 1 << 60) + b"x" + pack.end(1),
        MAGIC + header(1, GOOD, (4 << 20) + 1) + b"x" * ((4 << 20) + 1) + pack.end(1),
    ],
)
def test_a_pack_that_lies_is_refused(content: bytes) -> None:
    with pytest.raises(AssetDamaged, match="there"):
        unpacked(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        INDEX_MAGIC + b"x" * 40,
        INDEX_MAGIC + header(9, GOOD, 1),
        INDEX_MAGIC + header(1, GOOD, 1 << 40),
        INDEX_MAGIC + header(1, GOOD, 1) * 2,
        INDEX_MAGIC + header(1, GOOD, 1) + header(1, bytes(32), 1),
    ],
)
def test_an_index_that_lies_is_refused(content: bytes) -> None:
    with pytest.raises(AssetDamaged):
        Pack.parse(content, name=hashlib.sha256(content).hexdigest(), where="there")


def test_an_index_under_another_name_is_refused() -> None:
    with pytest.raises(AssetDamaged, match="digest"):
        Pack.parse(Pack.of(MEMBERS).index, name="0" * 64, where="there")
