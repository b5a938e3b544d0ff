"""Small source distributions for tests (wheels: `pipl.testing.simple_index.make_wheel`)."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def make_sdist(
    folder: Path,
    name: str,
    version: str,
    *,
    payload: bytes = b"",
    compressed: bool = True,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write an sdist into `folder`; `payload` is the content of a file in it, beside `files`.

    It is a valid upload, not something that can be built; the same arguments give the same
    bytes. Not compressed, it is as large as its payload.
    """
    module = name.replace("-", "_")
    stem = f"{module}-{version}"
    members = {
        f"{stem}/PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{stem}/payload": payload,
        **{f"{stem}/{path}": text.encode() for path, text in (files or {}).items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.tar.gz"
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for member, content in members.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    path.write_bytes(gzip.compress(plain.getvalue(), 6 if compressed else 0, mtime=0))
    return path
