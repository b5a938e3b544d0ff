"""Processes that change one workspace take turns, by a lock on a file that ends with its holder.

`filelock`, used elsewhere, takes half as long to import as a sync without changes may take.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipl.errors.usage import NotWritable
from pipl_pipe.asset.disk import locking


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, once it is free. Raises NotWritable where it cannot be had."""
    with ExitStack() as held:
        try:
            held.enter_context(locking.locked(path))
        except OSError as fault:
            raise NotWritable(str(path), fault.strerror or str(fault)) from fault
        yield
