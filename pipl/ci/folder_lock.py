"""One job at a time in the folder of a run, whatever became of the one before.

job.lock    held by the job that is at work
job.holder  which job that is, and on which machine
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipl import machine
from pipl.ci.containment import processes

DYING_S = 3.0
"""How long a predecessor may take to die by itself."""


@contextmanager
def alone_in(folder: Path, *, dying_s: float = DYING_S) -> Iterator[None]:
    """Be the job of this folder.

    A predecessor that is still there has lost its run: it is dying, or a signal has stopped it
    together with its runner. One of this machine is killed, with all that it has started.
    """
    lock, holder = FileLock(folder / "job.lock"), folder / "job.holder"
    while True:
        try:
            lock.acquire(timeout=dying_s)
            break
        except Timeout:
            processes.kill(_of(holder))
    try:
        name = os.environ.get(processes.MARKER, "")
        with contextlib.suppress(OSError):  # a full disk is said where it matters
            holder.write_text(json.dumps([machine.name(), name]), encoding="utf-8")
        yield
    finally:
        lock.release()


def _of(holder: Path) -> set[int]:
    """The processes of the job that `holder` names; none where it runs on another machine."""
    try:
        node, name = json.loads(holder.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return set()
    return processes.marked(name) if node == machine.name() and name else set()
