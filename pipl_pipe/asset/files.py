"""The file door of the stores: copying, linking, flushing, and what the system may refuse."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import BinaryIO, Iterator, Tuple

from pipl_pipe.asset.digest import ALGORITHMS, DEFAULT, Digest, chunks
from pipl_pipe.errors import AssetRefused, StoreFull

READ_ONLY = 0o444
READ_ONLY_PROGRAM = 0o555
FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_FICLONE = 0x40049409
"""ioctl of Linux (linux/fs.h): share the source's blocks (btrfs, XFS, bcachefs, OCFS2)."""
_NO_LINK = {
    getattr(errno, name)
    for name in ("EXDEV", "EPERM", "EACCES", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL")
}
"""What link() says where another way of placing the file must be taken."""


@contextlib.contextmanager
def storing(where: Path) -> Iterator[None]:
    """Turn "no space left" into StoreFull."""
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            raise StoreFull(str(where)) from fault
        raise


def write(file: BinaryIO, content: bytes) -> None:
    """The one place where stores write content."""
    file.write(content)


def take(source: Path, aside: Path, *, link: bool) -> Tuple[Digest, os.stat_result]:
    """Make `aside` a read-only file with the source's content; its digest and the source's stat.

    With `link` it may become the very same file. The content is flushed to disk.
    Raises AssetRefused where the source changes meanwhile, cannot be read, or is not a regular
    file.
    """
    before = source.lstat()
    if not stat.S_ISREG(before.st_mode):
        raise AssetRefused(str(source), "it is not a regular file")
    if not os.access(source, os.R_OK):
        raise AssetRefused(str(source), "it may not be read")
    linked = link and before.st_nlink == 1 and _linked(source, aside)
    hasher = ALGORITHMS[DEFAULT]()
    with source.open("rb") as file:
        if _identity(os.fstat(file.fileno())) != _identity(before):
            raise changed(source)
        if linked:
            for chunk in chunks(file):
                hasher.update(chunk)
            _flush(aside)
        else:
            with aside.open("xb") as copy:
                for chunk in chunks(file):
                    hasher.update(chunk)
                    write(copy, chunk)
                copy.flush()
                os.fsync(copy.fileno())
        after = os.fstat(file.fileno())
    if _identity(after) != _identity(before) or _identity(source.lstat()) != _identity(before):
        raise changed(source)
    aside.chmod(READ_ONLY)
    return Digest(DEFAULT, hasher.hexdigest()), before


def changed(path: Path) -> AssetRefused:
    return AssetRefused(str(path), "it changed while it was stored")


def save(content: bytes, aside: Path) -> None:
    """Write a read-only file, flushed to disk."""
    with aside.open("xb") as file:
        write(file, content)
        file.flush()
        os.fsync(file.fileno())
    aside.chmod(READ_ONLY)


def place(source: Path, destination: Path, *, link: bool, mode: int = READ_ONLY) -> None:
    """Make `destination` (which must not exist) show the content of the object `source`.

    By reflink, else by hardlink where allowed and the mode is the object's own, else by copy.
    """
    if _cloned(source, destination):
        destination.chmod(mode)
    elif not (link and mode == READ_ONLY and _linked(source, destination)):
        with source.open("rb") as file, destination.open("xb") as copy:
            for chunk in chunks(file):
                write(copy, chunk)
        destination.chmod(mode)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable where the system can."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or folder, read-only ones too; no error where there is none."""
    if path.is_dir() and not path.is_symlink():
        for folder, _, _ in os.walk(path):
            Path(folder).chmod(0o755)
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        if sys.platform == "win32":
            path.chmod(stat.S_IWRITE)
        path.unlink()


def swap_in(aside: Path, destination: Path) -> None:
    """Give `aside` its final name, replacing what is there.

    A file replaces a file at once; where a folder is replaced or replaces, the old one is moved
    away first and comes back if that fails.
    """
    if destination.is_dir() or (aside.is_dir() and destination.exists()):
        old = aside.with_name(f"{aside.name}.old")
        destination.rename(old)
        try:
            aside.rename(destination)
        except OSError:
            old.rename(destination)
            raise
        remove(old)
        return
    if sys.platform == "win32" and destination.exists():
        destination.chmod(stat.S_IWRITE)
    aside.replace(destination)


def _linked(source: Path, destination: Path) -> bool:
    try:
        os.link(source, destination)
    except OSError as fault:
        if fault.errno in _NO_LINK:
            return False
        raise
    return True


def _cloned(source: Path, destination: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import fcntl  # only where the ioctl exists

    try:
        with source.open("rb") as file, destination.open("xb") as copy:
            fcntl.ioctl(copy.fileno(), _FICLONE, file.fileno())
    except OSError as fault:
        if fault.errno in FULL or not destination.exists():
            raise
        destination.unlink()
        return False
    return True


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _identity(status: os.stat_result) -> Tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
