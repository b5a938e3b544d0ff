"""Moving a file's content: hashed on the way, with progress, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipl.errors.base import DiskFull
from pipl.errors.index import DamagedDownload
from pipl.index.release import ReleaseFile
from pipl.progress import Progress

CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """The hexadecimal digest of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def receive(
    chunks: Iterable[bytes],
    file: ReleaseFile,
    destination: Path,
    *,
    size_bytes: int | None,
    progress: Progress,
) -> Path:
    """Write `chunks` to `destination` once they prove to be the content of `file`.

    Raises DamagedDownload, DiskFull; `destination` then stays as it was.
    """
    handle, name = tempfile.mkstemp(prefix=f".{destination.name}.", dir=destination.parent)
    aside = Path(name)
    digest, done = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as target:
            for chunk in chunks:
                target.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                progress.advance(done, size_bytes)
        if file.sha256 and digest.hexdigest() != file.sha256:
            raise DamagedDownload(file.url, file.sha256, digest.hexdigest())
        aside.chmod(0o644)
        aside.replace(destination)
    except BaseException as fault:
        aside.unlink(missing_ok=True)
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(destination)) from fault
        raise
    return destination
