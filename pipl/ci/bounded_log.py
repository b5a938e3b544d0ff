"""A log that stays small whatever is written: its beginning, and its end."""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 4_000_000
TAIL_BYTES = 4_000_000
"""So much of the beginning and of the end of an attempt's log is kept."""


class BoundedLog:
    """Adds to the file at `path`: at most a head, a line about what is left out, and a tail.

    The head is there at once, the tail when it is closed. A full disk loses lines, and never
    stops who writes.
    """

    def __init__(self, path: Path, *, head: int = HEAD_BYTES, tail: int = TAIL_BYTES) -> None:
        self._file: BinaryIO = path.open("ab", buffering=0)
        self._room = head
        self._tail: deque[bytes] = deque()
        self._tail_bytes = tail
        self._held = 0
        self._left_out = 0

    def write(self, piece: bytes) -> None:
        head, rest = piece[: self._room], piece[self._room :]
        if head:
            self._put(head)
            self._room -= len(head)
        if not rest:
            return
        if not self._held and not self._left_out:
            self._put(b"\n--- a long log: its end follows when the job has ended\n")
        self._tail.append(rest)
        self._held += len(rest)
        while self._held - len(self._tail[0]) >= self._tail_bytes:
            gone = len(self._tail.popleft())
            self._held -= gone
            self._left_out += gone

    def close(self) -> None:
        tail = b"".join(self._tail)
        over = max(len(tail) - self._tail_bytes, 0)
        if self._left_out + over:
            self._put(b"--- %d bytes are left out here\n" % (self._left_out + over))
        self._put(tail[over:])
        self._tail.clear()
        self._file.close()

    def _put(self, piece: bytes) -> None:
        with contextlib.suppress(OSError):
            while piece:
                piece = piece[self._file.write(piece) :]
