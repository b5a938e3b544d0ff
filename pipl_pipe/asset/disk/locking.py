"""Locks of files that end with the process that holds them."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Iterator

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int, *, exclusive: bool, wait: bool) -> None:
        """Always exclusive: Windows' shared locks have no door in Python."""
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return
            except OSError:
                if not wait:
                    raise

else:
    import fcntl

    def _take(handle: int, *, exclusive: bool, wait: bool) -> None:
        how = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        fcntl.flock(handle, how if wait else how | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(
    path: Path, *, exclusive: bool = True, wait: bool = True, make: bool = True
) -> Iterator[None]:
    """Hold a lock on a file, which is made where it is not there unless not `make`.

    Without `wait` BlockingIOError says that another holds it.
    """
    how = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | (os.O_CREAT if make else 0)
    handle = os.open(path, how, 0o666)
    try:
        try:
            _take(handle, exclusive=exclusive, wait=wait)
        except OSError as fault:
            raise BlockingIOError(fault.errno, fault.strerror, str(path)) from fault
        yield
    finally:
        os.close(handle)
