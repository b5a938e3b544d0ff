"""Looking at processes and ending them: what a job has started, wherever it went."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

MARKER = "PIPL_CI_JOB"
"""The variable that names a job in the environment of all that it starts."""
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_PROC = Path("/proc")
_LINUX = sys.platform.startswith("linux")


def adopt_orphans() -> bool:
    """From now on, daemons below this process become its children (Linux: a subreaper)."""
    if not _LINUX:
        return False
    try:
        done: int = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return False
    return done == 0


def descendants(pid: int) -> set[int]:
    """All processes below `pid`; of zombies only those with living children matter."""
    children: dict[int, list[int]] = {}
    for one, parent, state in _table():
        if state != "Z":
            children.setdefault(parent, []).append(one)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def marked(job: str) -> set[int]:
    """The processes that carry the name of a job in their environment (Linux)."""
    wanted = f"{MARKER}={job}".encode()
    found = set()
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found - {os.getpid()}


def running(pids: Collection[int], groups: Collection[int]) -> set[int]:
    """Which of these, and of the members of process groups, are there and have not ended (Linux).

    One that nobody has waited for has ended.
    """
    found = set()
    for pid, (state, _, group, *_) in _stats():
        if state not in ("Z", "X") and (pid in pids or int(group) in groups):
            found.add(pid)
    return found


def is_stopped(pid: int) -> bool:
    """Whether a signal has stopped a process. One that a debugger holds is not meant."""
    if _LINUX:
        try:
            return _stat(str(pid))[0] == "T"
        except (OSError, IndexError):
            return False
    return any(one == pid and state.startswith("T") for one, _, state in _table())


def resident_bytes(pids: Iterable[int]) -> int:
    """The memory that processes hold together; what they share counts for each (Linux)."""
    pages = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages += int((_PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") if pages else 0


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, check=False
            )
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """Kill the process group that `leader` leads; Windows: its process tree."""
    if sys.platform == "win32":
        kill([leader])
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def limit_memory(limit: int) -> None:
    """Refuse this process and what it starts more bytes of memory, each (where there are rlimits).

    On Linux only memory that a process can write counts (RLIMIT_DATA): programs reserve
    addresses by the gigabyte without using them.
    """
    if sys.platform == "win32":
        return
    import resource

    which = resource.RLIMIT_DATA if _LINUX else resource.RLIMIT_AS
    _, highest = resource.getrlimit(which)
    if highest != resource.RLIM_INFINITY:
        limit = min(limit, highest)
    with contextlib.suppress(OSError, ValueError):  # macOS refuses some
        resource.setrlimit(which, (limit, limit))


def _table() -> Iterator[tuple[int, int, str]]:
    """Each process: its number, its parent's, its state."""
    if _LINUX:
        yield from ((pid, int(parent), state) for pid, (state, parent, *_) in _stats())
    elif sys.platform != "win32":
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=False
        )
        for line in listed.stdout.splitlines():
            pid, parent, state = line.split()[:3]
            yield int(pid), int(parent), state


def _stats() -> Iterator[tuple[int, list[str]]]:
    """The `_stat` of each process (Linux)."""
    if not _LINUX:
        return
    # Texts, not Paths: each job's end waits for this.
    for name in filter(str.isdigit, os.listdir(_PROC)):  # noqa: PTH208
        with contextlib.suppress(OSError):
            fields = _stat(name)
            if len(fields) > 2:
                yield int(name), fields


def _stat(pid: str) -> list[str]:
    """Of a process's `stat`, what follows its name: state, parent, group, … (proc(5))."""
    descriptor = os.open(f"{_PROC}/{pid}/stat", os.O_RDONLY)
    try:
        text = os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    return text.rpartition(b")")[2].decode("ascii").split()
