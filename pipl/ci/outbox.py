"""The outbox of a run: what it has made and not yet delivered.

It counts once its manifest lies there; then a later attempt delivers the very same bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipl import durable

MANIFEST = "manifest.json"
FORMAT = "pipl-outbox/1"


def fill(outbox: Path, files: Iterable[Path]) -> tuple[Path, ...]:
    """Put files in the outbox, flushed to disk; whatever an attempt left there before is gone.

    Raises DiskFull.
    """
    clear(outbox)
    outbox.mkdir()
    digests = {}
    for file in sorted(files):
        content = file.read_bytes()
        durable.write_bytes(outbox / file.name, content)
        digests[file.name] = hashlib.sha256(content).hexdigest()
    manifest = {"format": FORMAT, "files": digests}
    durable.write_text(outbox / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return tuple(outbox / name for name in sorted(digests))


def held(outbox: Path) -> tuple[Path, ...] | None:
    """The files of a complete outbox whose content is as it was put there, else None."""
    try:
        manifest = json.loads((outbox / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            return None
        digests: dict[str, str] = manifest["files"]
        for name, digest in digests.items():
            if hashlib.sha256((outbox / name).read_bytes()).hexdigest() != digest:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return tuple(outbox / name for name in sorted(digests))


def clear(outbox: Path) -> None:
    """Take the manifest away first, so that a half-cleared outbox does not count."""
    (outbox / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(outbox, ignore_errors=True)
