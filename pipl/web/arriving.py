"""Assets that arrive at the server: a pack, a whole object, or an object part by part.

An object appears only by the store's own batch: complete, verified and flushed. Parts wait in

    <store>/tmp/partial/<algorithm>-<hex>/upload-<user>-<size>/     (see asset.transfer.parts)

An upload belongs to one user, so that nobody can spoil another's.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyramid.httpexceptions import (  # type: ignore[import-untyped]
    HTTPBadRequest,
    HTTPRequestEntityTooLarge,
)
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]
from webob.byterange import ContentRange  # type: ignore[import-untyped]

from pipl.web import asked
from pipl.web.leaving import MAX_PACK_BYTES
from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.manifest import Manifest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.objects.batch import Batch
from pipl_pipe.asset.transfer import pack
from pipl_pipe.asset.transfer.parts import Parts
from pipl_pipe.errors import AssetDamaged, AssetMissing

PART_BYTES = 8 << 20
MAX_OBJECT_BYTES = 1 << 44
ABANDONED_S = 14 * 24 * 3600.0
UPLOAD = "the upload"
_HEAD = b'{"algorithm":"'
"""How manifests begin."""


def unpack(request: Request, store: Objects) -> Response:
    """Store the objects of the pack that is the body; all of them or none."""
    most = MAX_PACK_BYTES + pack.size_of([0] * asked.MAX_OBJECTS)
    manifests: list[tuple[Digest, Path, Manifest]] = []
    kept: dict[Digest, int] = {}
    with store.batch() as batch:
        for member, content in pack.read(
            asked.body(request, most), lambda digest: True, where=UPLOAD
        ):
            if len(kept) >= asked.MAX_OBJECTS:
                raise HTTPRequestEntityTooLarge(
                    explanation=f"more than {asked.MAX_OBJECTS} members"
                )
            path = batch.new()
            files.save(bytes(content), path)
            kept[member.digest] = member.size
            listed = _listed(content, member.digest)
            if listed is None:
                batch.keep(member.digest, path)
            else:
                manifests.append((member.digest, path, listed))
        for digest, path, listed in manifests:
            _seal(store, batch, digest, path, listed, kept)
    return Response(json={"stored": len(kept)}, status=201)


def put(request: Request, store: Objects, digest: Digest, user: str) -> Response:
    """Store the object that is the body, or the part of it that Content-Range says.

    Parts are `PART_BYTES` long, but for the last. The answer to the part that completes the
    object comes when it is verified; one that is sent again completes it too.
    """
    if request.headers.get("Content-Range") is None:
        size = asked.length(request, PART_BYTES)
        if not store.has(digest, size):
            _put_whole(request, store, digest)
        return _complete()
    given = ContentRange.parse(request.headers["Content-Range"])
    if given is None or given.start is None or given.length is None:
        raise HTTPBadRequest(explanation="the Content-Range is not understood")
    if given.length > MAX_OBJECT_BYTES:
        raise HTTPRequestEntityTooLarge(explanation=f"larger than {MAX_OBJECT_BYTES} bytes")
    parts = _parts(store, digest, user, given.length)
    part, beyond = divmod(given.start, PART_BYTES)
    if beyond or parts.range_of(part) != (given.start, given.stop - given.start):
        raise HTTPBadRequest(explanation=f"parts are {PART_BYTES} bytes long")
    if asked.length(request, PART_BYTES) != given.stop - given.start:
        raise HTTPBadRequest(explanation="the body is not as long as its Content-Range")
    with _upload(store, digest, parts):
        if store.has(digest, given.length):
            return _complete()
        parts.write(part, asked.body(request, PART_BYTES))
        missing = parts.missing()
        if not missing:
            with store.batch() as batch:
                _publish(store, batch, digest, parts.hand_over(digest, batch, where=UPLOAD))
    return Response(json={"missing": missing}, status=202) if missing else _complete()


def progress(request: Request, store: Objects, digest: Digest, user: str) -> Response:
    """`?size=BYTES`: the parts that are missing of an object of that size, as [first, end) pairs.

    `here` says whether the whole object is in the store.
    """
    text = request.params.get("size", "")
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= MAX_OBJECT_BYTES:
        raise HTTPBadRequest(explanation="size must be a number of bytes")
    size = int(text)
    if store.has(digest, size):
        return Response(json={"here": True, "missing": [], "part_bytes": PART_BYTES})
    missing = _parts(store, digest, user, size).missing()
    return Response(json={"here": False, "missing": missing, "part_bytes": PART_BYTES})


def remember(request: Request, store: Objects) -> Response:
    """`{"revisions": [digest, …]}`: they are assets' revisions, and wanted from now on.

    409 where one is not here (any more).
    """
    revisions = asked.digests(request, "revisions")
    with store.batch() as batch:
        for revision in revisions:
            if not store.has(revision):
                raise AssetMissing(str(revision), store.name)
            batch.expect(revision)
            batch.remember(revision)
    return Response(json={"remembered": len(revisions)})


def _complete() -> Response:
    return Response(json={"missing": []}, status=201)


def _put_whole(request: Request, store: Objects, digest: Digest) -> None:
    content = b"".join(asked.body(request, PART_BYTES))
    found = digests.of_bytes(content, digest.algorithm)
    if found != digest:
        raise AssetDamaged(str(digest), UPLOAD, f"what arrived has digest {found}")
    with store.batch() as batch:
        path = batch.new()
        files.save(content, path)
        _publish(store, batch, digest, path)


def _publish(store: Objects, batch: Batch, digest: Digest, path: Path) -> None:
    """A verified object; a manifest only if its files are here."""
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
        content = head + file.read(manifest.MAX_BYTES) if head == _HEAD else b""
    listed = _listed(content, digest)
    if listed is None:
        batch.keep(digest, path)
    else:
        _seal(store, batch, digest, path, listed, {})


def _seal(
    store: Objects,
    batch: Batch,
    digest: Digest,
    path: Path,
    listed: Manifest,
    kept: dict[Digest, int],
) -> None:
    """Raises AssetMissing, also when publishing, where a file is not here."""
    for entry in listed.entries:
        if kept.get(entry.digest) == entry.size:
            continue
        if not store.has(entry.digest, entry.size):
            raise AssetMissing(str(entry.digest), store.name)
        batch.expect(entry.digest)
    batch.seal(digest, path)


def _listed(content: bytes | memoryview, digest: Digest) -> Manifest | None:
    """The manifest that a content is, whatever it is meant to be; None for any other.

    Only as manifests are written: a revision is the digest of just these bytes.
    """
    if bytes(content[: len(_HEAD)]) != _HEAD:
        return None
    try:
        return manifest.parse(bytes(content), revision=str(digest), where=UPLOAD)
    except AssetDamaged:
        return None


def _parts(store: Objects, digest: Digest, user: str, size: int) -> Parts:
    who = hashlib.sha256(user.encode()).hexdigest()[:16]
    folder = store.root / "tmp" / "partial" / f"{digest.algorithm}-{digest.hex}"
    return Parts(folder / f"upload-{who}-{size}", size, PART_BYTES)


@contextmanager
def _upload(store: Objects, digest: Digest, parts: Parts) -> Iterator[None]:
    """Hold an upload for one request at a time; a new one sweeps abandoned ones.

    Raises StoreFull, StoreReadOnly, StoreUnreachable.
    """
    if not parts.folder.exists():
        _sweep(store.root / "tmp" / "partial")
    store.partial(digest)
    with files.storing(store.root), parts.held():
        yield


def _sweep(partial: Path) -> None:
    for folder in partial.glob("*/upload-*"):
        try:
            newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        except OSError:
            continue  # another request swept it, or ended it
        if time.time() - newest > ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
