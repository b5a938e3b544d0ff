"""What lies in a file or folder that is to be stored, before anything is read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Callable, List, NamedTuple, Tuple

from pipl_pipe.asset.names import path_problem
from pipl_pipe.errors import AssetRefused


class Seen(NamedTuple):
    """A regular file: relative posix path ("" for a file asset itself), and its stat.

    `links` is how many names the file has; times are in nanoseconds.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    mode: int
    links: int

    @classmethod
    def of(cls, path: str, status: os.stat_result) -> Seen:
        return cls(
            path,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
            status.st_dev,
            status.st_mode,
            status.st_nlink,
        )

    @property
    def kept_mode(self) -> int:
        """Its mode as manifests keep it."""
        return 0o755 if self.mode & stat.S_IXUSR else 0o644

    def is_same(self, other: Seen) -> bool:
        """Whether nothing was written in between; giving a file another name is no writing."""
        return self[:3] == other[:3] and self[4:6] == other[4:6]


def scan(source: Path) -> List[Seen]:
    """The regular files of a source, sorted by path.

    Raises AssetRefused for anything else in it, and for names that could not be laid out again
    on every system.
    """
    try:
        status = source.lstat()
    except FileNotFoundError as fault:
        raise AssetRefused(str(source), "it does not exist") from fault
    if stat.S_ISREG(status.st_mode):
        return [Seen.of("", status)]
    if not stat.S_ISDIR(status.st_mode):
        raise AssetRefused(str(source), f"it is a {_kind(status.st_mode)}")
    found: List[Seen] = []
    waiting: List[Tuple[str, str]] = [("", str(source))]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for one in entries:
                    status = one.stat(follow_symlinks=False)
                    name = prefix + one.name
                    if stat.S_ISREG(status.st_mode):
                        found.append(Seen.of(name, status))
                    elif stat.S_ISDIR(status.st_mode):
                        waiting.append((f"{name}/", one.path))
                    else:
                        raise AssetRefused(one.path, f"it is a {_kind(status.st_mode)}")
        except FileNotFoundError as fault:
            raise changed(source) from fault
        except PermissionError as fault:
            raise AssetRefused(folder, "it may not be read") from fault
    problem = path_problem([one.path for one in found])
    if problem:
        raise AssetRefused(str(source), problem)
    return sorted(found)


def changed(path: Path) -> AssetRefused:
    return AssetRefused(str(path), "it changed while it was stored")


def _kind(mode: int) -> str:
    kinds: Tuple[Tuple[Callable[[int], bool], str], ...] = (
        (stat.S_ISLNK, "symbolic link"),
        (stat.S_ISFIFO, "named pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISBLK, "device"),
        (stat.S_ISCHR, "device"),
    )
    return next((kind for test, kind in kinds if test(mode)), "special file")
