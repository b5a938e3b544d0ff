"""The output of a program, copied to a job's log as it comes, and its end kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

PIECE_BYTES = 1 << 16
LEFT_S = 1.0
"""How long a program's output is waited for that others, such as a daemon, may still write."""


@dataclass
class Tail:
    """`file` is for a program to write to; its last `length` bytes are kept."""

    file: IO[bytes]
    length: int
    _kept: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return bytes(self._kept[-self.length :]).decode("utf-8", errors="replace")

    def keep(self, piece: bytes) -> None:
        self._kept += piece
        if len(self._kept) > 2 * self.length:
            del self._kept[: -self.length]


@contextmanager
def tailed(log: IO[bytes], length: int) -> Iterator[Tail]:
    """A pipe that a thread copies to `log`; when this ends, what was written has been copied.

    What a program left running writes later still reaches the log.
    """
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as file:
        tail = Tail(file, length)
        copying = threading.Thread(target=_copy, args=(reading, log, tail), daemon=True)
        copying.start()
        try:
            yield tail
        finally:
            file.close()
            copying.join(LEFT_S)


def _copy(reading: int, log: IO[bytes], tail: Tail) -> None:
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while piece := pipe.read(PIECE_BYTES):
            tail.keep(piece)
            log.write(piece)
            log.flush()
