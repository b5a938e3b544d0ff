"""Folders to make things in, which go away with the process that made them, however it ends."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Iterator

from pipl_pipe.asset.disk import files, locking

_STARTING = "starting-"
_ALIVE = ".alive"
_STARTING_S = 3600.0
"""A folder without a lock of its own that is older has lost its process."""


@contextlib.contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `parent`, for things that are moved out of it when they are whole.

    What processes that were killed left there under the same prefix goes first.
    """
    import tempfile  # takes 3 ms, which asking about an unchanged tree need not

    sweep(parent, prefix)
    made = Path(tempfile.mkdtemp(prefix=f"{prefix}{_STARTING}", dir=parent))
    try:
        with contextlib.ExitStack() as alive:
            with contextlib.suppress(BlockingIOError):  # a file system without locks
                alive.enter_context(locking.locked(made / _ALIVE))
            made = made.rename(made.with_name(made.name.replace(_STARTING, "", 1)))
            yield made
    finally:
        files.remove(made)


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders of that prefix whose processes are gone; those of others stay."""
    for left in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if left.name.startswith(f"{prefix}{_STARTING}"):
                if time.time() - left.stat().st_mtime > _STARTING_S:
                    files.remove(left)
                continue
            with locking.locked(left / _ALIVE, wait=False, make=False):
                pass
            files.remove(left)
