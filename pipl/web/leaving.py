"""Assets that leave the server: one object, a pack of small ones, and what is here at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pyramid.httpexceptions import (  # type: ignore[import-untyped]
    HTTPNotFound,
    HTTPRequestEntityTooLarge,
)
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]
from webob.static import FileIter  # type: ignore[import-untyped]

from pipl.web import asked
from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.transfer import pack
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged, InvalidDigest

MAX_PACK_BYTES = 64 << 20
"""Of content, in one answer."""
_PIECE_BYTES = 1 << 18
_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


def whole(request: Request, store: Objects, digest: Digest) -> Response:
    """The bytes of an object, or of the range asked for."""
    file = _opened(store.path(digest))
    if file is None:
        raise HTTPNotFound(explanation="no such asset")
    return Response(
        app_iter=FileIter(file),
        content_type="application/octet-stream",
        content_length=os.fstat(file.fileno()).st_size,
        accept_ranges="bytes",
        etag=f"{digest.algorithm}-{digest.hex}",
        cache_control="public, max-age=31536000, immutable",
        conditional_response=True,
    )


def pack_of(request: Request, store: Objects) -> Response:
    """`{"objects": [digest, …]}`: a pack of those that are here and small enough for one.

    413 where it would hold more than `MAX_PACK_BYTES` of content: ask for fewer.
    """
    members = []
    for digest in sorted(set(asked.digests(request, "objects"))):
        size = _size(store.path(digest))
        if size is not None and size <= pack.MAX_MEMBER_BYTES:
            members.append(Member(digest, size))
    if sum(member.size for member in members) > MAX_PACK_BYTES:
        raise HTTPRequestEntityTooLarge(explanation=f"a pack has at most {MAX_PACK_BYTES} bytes")
    return Response(
        app_iter=_gathered(pack.write(members, lambda member: _content(store, member))),
        content_type="application/octet-stream",
        content_length=pack.size_of(member.size for member in members),
    )


def lacking(request: Request, store: Objects) -> Response:
    """`{"objects": [[digest, size], …], "manifests": [digest, …]}`: those that are not here.

    An object of another size is not here; nor is a manifest whose files are not all here.
    """
    objects, manifests = asked.members(request)
    missing = [str(one.digest) for one in objects if not store.has(one.digest, one.size)]
    missing += [str(one) for one in manifests if not _has_files(store, one)]
    return Response(json={"lacking": missing})


def revisions(request: Request, store: Objects) -> Response:
    """Every revision of an asset that was stored here, a line each."""

    def lines() -> Iterator[bytes]:
        try:
            names = os.scandir(store.root / "recent")
        except FileNotFoundError:
            return
        with names:
            for entry in names:
                try:
                    revision = Digest.parse(entry.name.replace("-", ":", 1))
                except InvalidDigest:
                    continue  # a stray file
                if store.has(revision):
                    yield f"{revision}\n".encode("ascii")

    return Response(app_iter=_gathered(lines()), content_type="text/plain", charset="utf-8")


def _opened(path: Path) -> BinaryIO | None:
    """A regular file for reading, never through a link; None where there is none."""
    try:
        handle = os.open(path, _FLAGS)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def _size(path: Path) -> int | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _content(store: Objects, member: Member) -> bytes:
    """Raises AssetDamaged where the size has changed: the answer then ends too early."""
    file = _opened(store.path(member.digest))
    if file is not None:
        with file:
            content = file.read(member.size + 1)
        if len(content) == member.size:
            return content
    raise AssetDamaged(str(member.digest), store.name, "it changed while it was sent")


def _has_files(store: Objects, revision: Digest) -> bool:
    try:
        with store.path(revision).open("rb") as file:
            content = file.read(manifest.MAX_BYTES + 1)
        listed = manifest.parse(content, revision=str(revision), where=store.name)
    except (OSError, AssetDamaged):
        return False
    return all(store.has(entry.digest, entry.size) for entry in listed.entries)


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth a system call."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
