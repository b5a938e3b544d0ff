"""A control group (Linux, cgroup v2) for each job: kills all of it at once and limits its memory.

The kernel's Documentation/admin-guide/cgroup-v2.rst says what the files mean.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

GOING_S = 2.0
"""How long the kernel may take to let go of what was killed."""


@dataclass(frozen=True)
class ControlGroup:
    """A group that exists; `folder` is its own below the mounted hierarchy."""

    folder: Path

    @classmethod
    def make(cls, name: str, base: Path | None = None) -> ControlGroup | None:
        """A new group in `base`, else beside or below this process's own; None where none may be.

        One that can limit memory is preferred.
        """
        made: list[ControlGroup] = []
        for parent in [base] if base is not None else _parents():
            group = cls(parent / name)
            try:
                group.folder.mkdir()
            except OSError:
                continue
            made.append(group)
            if not group.can_limit_memory:
                with contextlib.suppress(OSError):  # refused where processes are in `parent`
                    _write(parent / "cgroup.subtree_control", "+memory")
            if group.can_limit_memory:
                break
        chosen = next((one for one in made if one.can_limit_memory), made[0] if made else None)
        for group in made:
            if group is not chosen:
                group.remove()
        return chosen

    @classmethod
    def left(cls, name: str, base: Path | None = None) -> list[ControlGroup]:
        """The groups of that name that are still there, wherever `make` would have made them."""
        groups = [cls(parent / name) for parent in ([base] if base is not None else _parents())]
        return [group for group in groups if group.folder.is_dir()]

    @property
    def can_limit_memory(self) -> bool:
        return (self.folder / "memory.max").exists()

    def limit_memory(self, limit: int) -> bool:
        """Kill the whole group where it needs more bytes; False where that cannot be had."""
        try:
            _write(self.folder / "memory.max", str(limit))
        except OSError:
            return False
        for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with contextlib.suppress(OSError):  # a kernel without it
                _write(self.folder / name, value)
        return True

    def take(self, pid: int) -> bool:
        """Move a process in; what it starts from then on is in too."""
        try:
            _write(self.folder / "cgroup.procs", str(pid))
        except OSError:
            return False
        return True

    def ran_out_of_memory(self) -> bool:
        for line in _lines(self.folder / "memory.events"):
            key, _, count = line.partition(" ")
            if key == "oom_kill":
                return int(count) > 0
        return False

    def kill(self) -> None:
        """Kill every process in it."""
        try:
            _write(self.folder / "cgroup.kill", "1")
        except OSError:  # a kernel before 5.14
            for line in _lines(self.folder / "cgroup.procs"):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(int(line), signal.SIGKILL)

    def remove(self) -> None:
        """Kill what is left, and take the group away."""
        deadline = time.monotonic() + GOING_S
        while self.folder.exists():
            self.kill()
            for folder in sorted(self.folder.glob("**/"), reverse=True):
                with contextlib.suppress(OSError):
                    folder.rmdir()
            if time.monotonic() > deadline:
                return
            if self.folder.exists():
                time.sleep(0.002)


def _parents() -> list[Path]:
    """Where a group may be made: beside this process's own (the delegated way), or in it."""
    mounted = next(
        (
            Path(fields[1])
            for fields in (line.split() for line in _lines(Path("/proc/self/mounts")))
            if fields[2] == "cgroup2"
        ),
        None,
    )
    own = next(
        (line[4:] for line in _lines(Path("/proc/self/cgroup")) if line.startswith("0::/")), None
    )
    if mounted is None or own is None or ".." in own:
        return []
    here = mounted / own
    return [here] if here == mounted else [here, here.parent]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _write(path: Path, text: str) -> None:
    """Control files are there already, and take one write each."""
    with path.open("r+" if path.name != "cgroup.kill" else "w", encoding="ascii") as file:
        file.write(text)
