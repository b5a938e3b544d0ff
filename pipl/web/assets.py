"""Where the project's assets lie, for serving them (layout: docs/reference/formats.md)."""

from __future__ import annotations

import re
from pathlib import Path

ASSETS = Path("system", "assets", "objects")
DIGEST_LENGTHS = {"sha256": 64, "blake3": 64}
_HEX = re.compile(r"[0-9a-f]+")


def object_path(project: Path, algorithm: str, digest: str) -> Path | None:
    """The file of an object, None for what is no clean digest or not there."""
    if len(digest) != DIGEST_LENGTHS.get(algorithm) or not _HEX.fullmatch(digest):
        return None
    path = project / ASSETS / algorithm / digest[:2] / digest[2:]
    return path if path.is_file() and not path.is_symlink() else None
