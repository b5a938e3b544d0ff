"""Keeps `process()` in its scratch folder.

A Python audit hook (PEP 578) sees every file that Python code opens for writing, makes, moves,
removes or changes, and stops what lies outside. What native code writes is not seen here; see
`snapshot`. Guarded is what makes a mistake visible, not what holds an attacker.
"""

# ruff: noqa: PTH100, PTH112, PTH115, PTH117, PTH118  # texts, not Paths: this runs at every open()

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

from pipl_pipe.errors import WroteOutside

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DEVICES = frozenset({os.devnull, "/dev/full", "/dev/tty", "/dev/stdout", "/dev/stderr"})
_NO_FOLDER = -1
Args = Tuple[Any, ...]


@dataclass
class Guard:
    """What was tried outside of `inside`, in order, each path once."""

    task: str
    inside: str
    violations: List[str] = field(default_factory=list)

    def check(self, path: str) -> None:
        """Raises WroteOutside; the violation also stays recorded."""
        if path in _DEVICES or _is_below(path, self.inside):
            return
        if path not in self.violations:
            self.violations.append(path)
        raise WroteOutside(self.task, (path,))


_active: List[Guard] = []
_installed: List[bool] = []


@contextlib.contextmanager
def guarded(task: str, folder: Path) -> Iterator[Guard]:
    """Within the block, all of this process's threads may only write below `folder`."""
    if not _installed:  # an audit hook stays for good; it idles outside such blocks
        sys.addaudithook(_hook)
        _installed.append(True)
    guard = Guard(task, os.path.normcase(os.path.realpath(folder)))
    _active.append(guard)
    try:
        yield guard
    finally:
        _active.remove(guard)


def _hook(event: str, args: Args) -> None:
    written = _WRITTEN.get(event)
    if written is None or not _active:
        return
    for path in written(args):
        _active[-1].check(path)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _target(path: Any, dir_fd: Any = _NO_FOLDER, *, follow: bool = True) -> List[str]:
    """The real path of what a call writes; nothing for a file descriptor.

    Without `follow` it is the link itself that is written, not what it points to.
    """
    if path is None or isinstance(path, int):
        return []
    text = os.fsdecode(path)
    if dir_fd not in (_NO_FOLDER, None) and not os.path.isabs(text):
        try:
            text = os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), text)
        except OSError:
            return []  # no such system: the snapshot has to find it
    if follow:
        real = os.path.realpath(text)
    else:
        head, tail = os.path.split(os.path.abspath(text))
        real = os.path.join(os.path.realpath(head), tail)
    return [os.path.normcase(real)]


def _opened(args: Args) -> List[str]:
    path, mode, flags = args
    writing = any(letter in mode for letter in "wax+") if isinstance(mode, str) else False
    if isinstance(flags, int) and not isinstance(mode, str):
        writing = bool(flags & _WRITING)
    if not writing:
        return []
    found = _target(path)
    return [one for one in found if not one.startswith(("/proc/self/", "/dev/fd/"))]


def _made(args: Args) -> List[str]:
    """A folder that is there already is not made: `exist_ok=True` changes nothing."""
    return [one for one in _target(args[0], args[2], follow=False) if not os.path.isdir(one)]


def _removed(args: Args) -> List[str]:
    return [one for one in _target(args[0], args[1], follow=False) if os.path.lexists(one)]


def _moved(args: Args) -> List[str]:
    source = _target(args[0], args[2], follow=False)
    return [one for one in source if os.path.lexists(one)] + _target(args[1], args[3], follow=False)


def _linked(args: Args) -> List[str]:
    """Both ends: through a hardlink the file itself could be written."""
    source, destination, source_fd, destination_fd = args
    return _target(source, source_fd) + _target(destination, destination_fd, follow=False)


def _database(args: Args) -> List[str]:
    """SQLite opens natively; its memory and read-only databases write nothing."""
    text = os.fsdecode(args[0]) if isinstance(args[0], (str, bytes, os.PathLike)) else ""
    if text in ("", ":memory:") or "mode=ro" in text or "mode=memory" in text:
        return []
    return _target(text[5:].partition("?")[0] if text.startswith("file:") else text)


_WRITTEN: Dict[str, Callable[[Args], List[str]]] = {
    "open": _opened,
    "os.mkdir": _made,
    "os.remove": _removed,
    "os.rmdir": _removed,
    "os.rename": _moved,
    "os.link": _linked,
    "os.symlink": lambda args: _target(args[1], args[2], follow=False),
    "os.truncate": lambda args: _target(args[0]),
    "os.chmod": lambda args: _target(args[0], args[2]),
    "os.chown": lambda args: _target(args[0], args[3]),
    "os.utime": lambda args: _target(args[0], args[3]),
    "os.chflags": lambda args: _target(args[0]),
    "os.setxattr": lambda args: _target(args[0]),
    "os.removexattr": lambda args: _target(args[0]),
    "sqlite3.connect": _database,
}
"""The events of CPython's audit events table that change files, and what they change."""
