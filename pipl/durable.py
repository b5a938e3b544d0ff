"""Files that other processes read: written aside, flushed, then renamed; a full disk is named."""

from __future__ import annotations

import errno
from pathlib import Path

from pipl.errors.base import DiskFull
from pipl_pipe import durable


def write_text(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace `path` by `text` (UTF-8), whole or not at all; flushed to disk.

    Raises DiskFull; the old file then stays as it was.
    """
    write_bytes(path, text.encode("utf-8"), mode=mode)


def write_bytes(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace `path` by `content`, whole or not at all; flushed to disk. Raises DiskFull."""
    try:
        durable.write_bytes(path, content, mode=mode)
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(path)) from fault
        raise
