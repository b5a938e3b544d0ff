"""What lies in a file or folder that is to be stored, before anything is read.

Of 20,000 files it is seen again and again whether they have changed, so what is seen is kept in
columns, which are made and compared without a step of Python for each file.
"""

from __future__ import annotations

import contextlib
import operator
import os
import stat
from array import array
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Tuple

from pipl_pipe.asset.names import path_problem
from pipl_pipe.errors import AssetRefused

WIDTH = 7
"""Numbers of each file, in the order of `Seen`, from its size on."""
SIZE, MTIME, CTIME, INODE, DEVICE, MODE, LINKS = range(WIDTH)
_NUMBERS = operator.attrgetter(
    "st_size", "st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev", "st_mode", "st_nlink"
)


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
        return tuple.__new__(cls, (path, *_signed(_NUMBERS(status))))

    @property
    def kept_mode(self) -> int:
        """Its mode as manifests keep it."""
        return 0o755 if self.mode & stat.S_IXUSR else 0o644

    def is_same(self, other: Seen) -> bool:
        """Whether nothing was written in between; giving a file another name is no writing."""
        return self[:3] == other[:3] and self[4:6] == other[4:6]


@dataclass(frozen=True)
class Listing:
    """The regular files of a source, sorted by path; of each `WIDTH` numbers of 64 bits."""

    paths: List[str]
    numbers: "array[int]"

    @property
    def names(self) -> bytes:
        return "\0".join(self.paths).encode("utf-8", "surrogateescape")

    def column(self, which: int) -> "array[int]":
        return self.numbers[which::WIDTH]

    def seen(self) -> List[Seen]:
        rows = zip(self.paths, *map(self.column, range(WIDTH)))
        return list(map(partial(tuple.__new__, Seen), rows))

    def without(self, *columns: int) -> "array[int]":
        """The numbers, with zeros in some columns."""
        kept = self.numbers[:]
        for which in columns:
            kept[which::WIDTH] = array("q", bytes(8 * len(self.paths)))
        return kept

    def is_same(self, other: Listing) -> bool:
        """As `Seen.is_same`, of all files."""
        aside = (CTIME, MODE, LINKS)
        return self.paths == other.paths and self.without(*aside) == other.without(*aside)


def scan(source: Path) -> List[Seen]:
    """The regular files of a source, sorted by path.

    Raises AssetRefused for anything else in it, and for names that could not be laid out again
    on every system.
    """
    found = listed(source)
    expect_portable(source, found.paths)
    return found.seen()


def expect_portable(source: Path, paths: List[str]) -> None:
    """Raises AssetRefused for names that could not be laid out again on every system."""
    problem = path_problem([path for path in paths if path])
    if problem:
        raise AssetRefused(str(source), problem)


def listed(source: Path) -> Listing:
    """As `scan`, whatever the names are."""
    try:
        status = source.lstat()
    except FileNotFoundError as fault:
        raise AssetRefused(str(source), "it does not exist") from fault
    if stat.S_ISREG(status.st_mode):
        return Listing([""], array("q", _signed(_NUMBERS(status))))
    if not stat.S_ISDIR(status.st_mode):
        raise AssetRefused(str(source), f"it is a {_kind(status.st_mode)}")
    try:
        paths = sorted(_paths(source))
        with _asking(source) as ask:
            found = Listing(paths, _numbers(ask, paths))
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise changed(source) from fault
    except PermissionError as fault:
        raise AssetRefused(str(fault.filename or source), "it may not be read") from fault
    modes = found.column(MODE)
    if not all(map(stat.S_ISREG, modes)):
        path, mode = next(one for one in zip(paths, modes) if not stat.S_ISREG(one[1]))
        raise AssetRefused(str(source / path), f"it is a {_kind(mode)}")
    return found


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


def _paths(source: Path) -> Iterator[str]:
    """What lies in a folder and those below it, but the folders themselves."""
    waiting: List[Tuple[str, str]] = [("", str(source))]
    while waiting:
        prefix, folder = waiting.pop()
        with os.scandir(folder) as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    waiting.append((f"{prefix}{one.name}/", one.path))
                else:
                    yield prefix + one.name


@contextlib.contextmanager
def _asking(folder: Path) -> Iterator[Callable[[str], os.stat_result]]:
    """How to ask for the stat of a path in a folder: by its handle, which is quickest."""
    if os.stat not in os.supports_dir_fd:
        yield lambda path: os.lstat(folder / path)
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield partial(os.stat, dir_fd=handle, follow_symlinks=False)
    finally:
        os.close(handle)


def _numbers(ask: Callable[[str], os.stat_result], paths: List[str]) -> "array[int]":
    try:
        return array("q", chain.from_iterable(map(_NUMBERS, map(ask, paths))))
    except OverflowError:  # some file systems use all 64 bits of inodes
        rows = map(_signed, map(_NUMBERS, map(ask, paths)))
        return array("q", chain.from_iterable(rows))


def _signed(numbers: Tuple[int, ...]) -> Tuple[int, ...]:
    if max(numbers) >> 63:
        return tuple(one - (1 << 64) if one >> 63 > 0 else one for one in numbers)
    return numbers
