"""The server process: devpi-server in this interpreter, holding the project's server lock.

Run as `python -m pipl.project.serve SYSTEM_FOLDER`. The lock (`server.lock`) is held for as
long as the process lives, so that others know for certain whether the server runs; the
process id is written beside it (`server.pid`).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from devpi_server.main import main as devpi_server_main
from filelock import FileLock, Timeout

from pipl import durable
from pipl.project import cut_short
from pipl.project.server import CONFIG_NAME, LOCK_NAME, PID_NAME

_HELD: list[FileLock] = []
"""Kept until the process ends, when its port is free again too; the system releases it."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(system: Path) -> int:
    """Serve until a signal ends it. Returns 0, or 75 when another process holds the lock."""
    try:
        _HELD.append(FileLock(system / LOCK_NAME))
        _HELD[0].acquire(timeout=0)
    except Timeout:
        return 75  # EX_TEMPFAIL
    try:
        durable.write_text(system / PID_NAME, f"{os.getpid()}\n")
        signal.signal(signal.SIGTERM, _stop)
        cut_short.undo(system / "server")
        devpi_server_main(["devpi-server", "--configfile", str(system / CONFIG_NAME)])  # type: ignore[no-untyped-call]  # devpi has no types
    except KeyboardInterrupt:
        pass
    finally:
        (system / PID_NAME).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    ended = serve(Path(sys.argv[1]))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # The interpreter would let go of the lock some time before the port: who waits for the one
    # to start a server again would find the other taken.
    os._exit(ended)
