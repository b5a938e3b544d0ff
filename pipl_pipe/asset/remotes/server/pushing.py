"""Sending objects to the project's server: small ones in packs, large ones in parts."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.server.http import Answer, Connections
from pipl_pipe.asset.remotes.server.pulling import grouped
from pipl_pipe.asset.transfer import Traffic, pack
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import (
    AssetDamaged,
    InvalidDigest,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

PART_BYTES = 8 << 20
"""The server's own."""
PACK_BYTES = 4 << 20
"""A pack that is cut is sent again, and home lines are slow upwards."""
ASKED_OBJECTS = 8192
ASSEMBLED_BYTES_S = 50e6
"""How slowly a server may verify what has arrived, before its answer counts as lost."""
GONE_ATTEMPTS = 3
_PIECE_BYTES = 1 << 20
_CREATED, _CONFLICT, _WRONG, _FULL = 201, 409, 422, 507

Part = Tuple[Member, int]


class Push:
    """Sending the files of one asset, then its manifest."""

    def __init__(
        self, connections: Connections, near: Objects, traffic: Traffic, reference: Reference
    ) -> None:
        self._connections = connections
        self._near = near
        self._traffic = traffic
        self._reference = reference
        self._whole: Set[Digest] = set()

    def send(self, sizes: Dict[Digest, int]) -> None:
        """Send what the server lacks of these objects, then the manifest unless it is a file.

        Once more where the server has lost some meanwhile, as when they were swept.
        """
        for _attempt in range(GONE_ATTEMPTS):
            self._send_files(sizes)
            if self._reference.shape == "file" or self._sent_manifest():
                return
        raise StoreUnreachable(self._name, "it loses files while they are sent")

    def _send_files(self, sizes: Dict[Digest, int]) -> None:
        lacking = self._lacking(sizes)
        self._traffic.expect(sum(lacking.values()), len(lacking))
        groups, singles = grouped(lacking, PACK_BYTES)
        if self._reference.shape == "file":
            groups, singles = [], [Member(digest, size) for digest, size in lacking.items()]
        self._traffic.each(groups, self._send_pack)
        waiting: List[Part] = []

        def ask(one: Member) -> None:
            waiting.extend(self._waiting(one))

        self._traffic.each(singles, ask)
        self._traffic.each(sorted(waiting), self._send_part)

    def _lacking(self, sizes: Dict[Digest, int]) -> Dict[Digest, int]:
        lacking: Dict[Digest, int] = {}
        listed = sorted(sizes)
        for start in range(0, len(listed), ASKED_OBJECTS):
            asked = [[str(one), sizes[one]] for one in listed[start : start + ASKED_OBJECTS]]
            answer = self._traffic.retried(lambda asked=asked: self._post(asked))  # type: ignore[misc]
            lacking.update((one, sizes[one]) for one in answer if one in sizes)
        return lacking

    def _post(self, asked: List[List[object]]) -> List[Digest]:
        with self._connections.posted("/+pipl/assets/lacking", {"objects": asked}) as answer:
            lacking = answer.document().get("lacking")
        try:
            return [Digest.parse(text) for text in lacking or ()]
        except (InvalidDigest, TypeError) as fault:
            raise StoreUnreachable(self._name, "it does not say what it lacks") from fault

    def _send_pack(self, members: Sequence[Member]) -> None:
        size = pack.size_of(member.size for member in members)

        def attempt() -> None:
            with self._sent("POST", "unpack", lambda: pack.write(members, self._read), size):
                self._traffic.count(0, len(members))

        self._traffic.retried(attempt)

    def _read(self, member: Member) -> bytes:
        """A whole small object, verified. Raises AssetMissing, AssetDamaged."""
        self._near.present(member.digest, size=member.size, asset=self._reference.name)
        content = self._near.path(member.digest).read_bytes()
        found = digests.of_bytes(content, member.digest.algorithm)
        if found != member.digest:
            raise self._damaged_near(member.digest, f"its content has digest {found}")
        self._traffic.passing(len(content))
        return content

    def _waiting(self, one: Member) -> List[Part]:
        """The parts of an object that the server has not yet."""
        if one.size <= PART_BYTES:
            return [(one, 0)]
        path = f"/+pipl/assets/upload/{one.digest.algorithm}/{one.digest.hex}?size={one.size}"

        def attempt() -> List[Part]:
            with self._connections.ask("GET", path) as answer:
                return self._parts(one, answer.document())

        parts = self._traffic.retried(attempt)
        if not parts:
            self._traffic.transfer.progress.advance(one.size, 1)
            return []
        there = one.size - sum(_length(*part) for part in parts)
        self._traffic.transfer.progress.advance(there)
        return parts

    def _parts(self, one: Member, document: Dict[str, Any]) -> List[Part]:
        count = -(-one.size // PART_BYTES)
        if document.get("here") is True:
            return []
        try:
            if document["part_bytes"] != PART_BYTES:
                raise ValueError("it takes parts of another size")
            runs = [range(int(first), int(end)) for first, end in document["missing"]]
        except (KeyError, TypeError, ValueError) as fault:
            raise StoreUnreachable(self._name, f"it does not say what it lacks: {fault}") from fault
        numbers = {number for run in runs if run.start >= 0 and run.stop <= count for number in run}
        return [(one, number) for number in sorted(numbers or {count - 1})]  # one completes it

    def _send_part(self, part: Part) -> None:
        self._traffic.retried(lambda: self._sent_part(part))

    def _sent_part(self, part: Part) -> bool:
        """Whether the server took it; it does not take a manifest whose files it lacks."""
        one, number = part
        self._near.present(one.digest, size=one.size, asset=self._reference.name)
        start, length = number * PART_BYTES, _length(one, number)
        headers = {}
        if one.size > PART_BYTES:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{one.size}"
        page = f"{one.digest.algorithm}/{one.digest.hex}"
        try:
            with self._sent(
                "PUT", page, lambda: self._range(one, start, length), length, headers=headers
            ) as answer:
                if answer.status == _CONFLICT and one.digest == self._reference.digest:
                    return False
                if answer.status == _CREATED and one.digest not in self._whole:
                    self._whole.add(one.digest)
                    self._traffic.count(0, 1)
        except AssetDamaged as fault:
            self._near.verify(one.digest, size=one.size, asset=self._reference.name)
            raise fault
        return True

    def _range(self, one: Member, start: int, length: int) -> Iterator[bytes]:
        with self._near.path(one.digest).open("rb", buffering=0) as file:
            file.seek(start)
            while length:
                piece = file.read(min(length, _PIECE_BYTES))
                if not piece:
                    raise self._damaged_near(one.digest, "it became shorter")
                length -= len(piece)
                self._traffic.passing(len(piece))
                yield piece

    def _sent_manifest(self) -> bool:
        """Send the manifest; whether the server had all of its files."""
        path = self._near.path(self._reference.digest)
        one = Member(self._reference.digest, path.stat().st_size)
        self._traffic.expect(one.size, 1)
        taken = True
        for part in self._waiting(one):
            taken = self._traffic.retried(lambda part=part: self._sent_part(part))  # type: ignore[misc]
        return taken

    @contextlib.contextmanager
    def _sent(
        self,
        method: str,
        page: str,
        body: Callable[[], Iterable[bytes]],
        size: int,
        *,
        headers: Optional[Dict[str, str]] = None,
    ) -> Iterator[Answer]:
        """The answer to content that is sent: taken, or in conflict with what is there.

        Raises AssetDamaged, StoreFull, StoreReadOnly.
        """
        with self._connections.ask(
            method,
            f"/+pipl/assets/{page}",
            body=body,
            size=size,
            headers=headers,
            expected=(200, _CREATED, 202, 404, 405, _CONFLICT, _WRONG, _FULL),
            patience_s=self._reference.size / ASSEMBLED_BYTES_S,
        ) as answer:
            if answer.status in (404, 405):
                raise StoreReadOnly(self._name)  # a server that takes no assets
            if answer.status == _FULL:
                raise StoreFull(self._name)
            if answer.status == _WRONG:
                raise AssetDamaged(self._reference.revision, self._name, answer.reason())
            yield answer

    def _damaged_near(self, digest: Digest, found: str) -> AssetDamaged:
        return AssetDamaged(str(digest), self._near.name, found)

    @property
    def _name(self) -> str:
        return self._connections.name


def _length(one: Member, part: int) -> int:
    return min(PART_BYTES, one.size - part * PART_BYTES)
