"""Processes as Linux shows them: which a test has started, and whether they are gone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Seen:
    """A process that is no zombie; `words` are its arguments."""

    pid: int
    words: tuple[str, ...]

    @property
    def is_job(self) -> bool:
        """Whether it watches over a CI job or is one, or waits to be."""
        return "pipl.ci.job" in self.words

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)


def carrying(variable: str, value: str) -> list[Seen]:
    """The processes, other than this one, whose environment began with this variable."""
    wanted = f"{variable}={value}".encode()
    return [seen for path in _PROC.glob("[0-9]*") for seen in _at(path, wanted)]


def _at(path: Path, wanted: bytes) -> Iterator[Seen]:
    with contextlib.suppress(OSError):  # it has ended, or is somebody else's
        if wanted not in (path / "environ").read_bytes().split(b"\0"):
            return
        words = (path / "cmdline").read_text(errors="replace").split("\0")
        if words[0] and int(path.name) != os.getpid():  # else a zombie
            yield Seen(int(path.name), tuple(words))


def eventually(holds: Callable[[], object], *, within_s: float = 60.0) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
