"""Files that other processes read: written aside, then renamed."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from pipl.errors import DiskFull


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace `path` by `text` (UTF-8), whole or not at all; flushed to disk.

    Raises DiskFull; the old file then stays as it was.
    """
    write_bytes(path, text.encode("utf-8"), mode=mode)


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content`, whole or not at all; flushed to disk."""
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as fault:
        raise _designed(fault, path) from fault
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(mode)
        Path(aside).replace(path)
    except BaseException as fault:
        Path(aside).unlink(missing_ok=True)
        if isinstance(fault, OSError):
            raise _designed(fault, path) from fault
        raise


def _designed(fault: OSError, path: Path) -> Exception:
    return DiskFull(str(path)) if fault.errno in (errno.ENOSPC, errno.EDQUOT) else fault
