"""Revisions stored lately, as `<root>/recent/<algorithm>-<hex>` says (see asset.objects)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pipl_pipe.asset.digest import Digest
from pipl_pipe.errors import InvalidDigest


def since(root: Path, moment: float) -> Iterator[Digest]:
    """The revisions stored at or after a moment (seconds since the epoch)."""
    for name, at in entries(root):
        if at >= moment:
            with contextlib.suppress(InvalidDigest):
                yield Digest.parse(name.replace("-", ":", 1))


def forget_before(root: Path, moment: float) -> None:
    """Remove what is older, and so says nothing any more. Call it under the exclusive lock."""
    for name, at in list(entries(root)):
        if at < moment:
            with contextlib.suppress(FileNotFoundError):
                (root / "recent" / name).unlink()


def entries(root: Path) -> Iterator[tuple[str, float]]:
    try:
        with os.scandir(root / "recent") as found:
            for entry in found:
                with contextlib.suppress(FileNotFoundError):
                    yield entry.name, entry.stat().st_mtime
    except FileNotFoundError:
        return
