"""Files that other processes read: written aside, flushed, then renamed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Optional


def write_bytes(path: Path, content: bytes, *, mode: Optional[int] = None) -> None:
    """Replace `path` by `content`, whole or not at all.

    Without `mode` a file keeps the one that it has; a new one is readable by all.
    """
    if mode is None:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    handle, aside = _beside(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(mode)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink()
        raise


def _beside(path: Path) -> "tuple[int, str]":
    """A new file for its owner alone; `tempfile` takes longer to import than most commands may."""
    while True:
        aside = f"{path.parent}{os.sep}.{path.name}.{os.getpid():x}{os.urandom(4).hex()}"
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            return os.open(aside, flags, 0o600), aside
        except FileExistsError:
            continue


def write_text(path: Path, text: str, *, mode: Optional[int] = None) -> None:
    """Replace `path` by `text` (UTF-8, line ends as they are), whole or not at all."""
    write_bytes(path, text.encode("utf-8"), mode=mode)
