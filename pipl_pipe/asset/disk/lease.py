"""Leases of Linux (fcntl(2), F_SETLEASE): while one is held nobody else has the file open to write.

Who wants to write waits until it is given up, at most for /proc/sys/fs/lease-break-time. So a
mapped file cannot be cut short under its reader, and a file that is being written is noticed.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from io import FileIO
from typing import Iterator


@contextlib.contextmanager
def held(file: FileIO) -> Iterator[bool]:
    """Whether a read lease could be had: not on other systems, others' files, network shares."""
    if not sys.platform.startswith("linux"):
        yield False
        return
    import fcntl  # not on Windows

    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # nobody minds it; SIGIO would end us
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except (OSError, AttributeError):
        yield False
        return
    try:
        yield True
    finally:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
