"""The file door of the stores: cloning, linking, copying, flushing, and what systems refuse."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Collection, Iterator, Tuple, Union

from pipl_pipe.asset.digest import chunks
from pipl_pipe.errors import StoreFull

StrPath = Union[str, Path]
READ_ONLY = 0o444
READ_ONLY_PROGRAM = 0o555
FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_FICLONE = 0x40049409
"""ioctl of Linux (linux/fs.h): share the source's blocks (btrfs, XFS, bcachefs, OCFS2)."""
_COPY_BYTES = 1 << 30
_FEW = 4
"""Up to so many files are flushed one by one, more by flushing the file system once."""
_NO_LINK = {
    getattr(errno, name)
    for name in ("EXDEV", "EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL")
}
"""What link() says where another way of placing the file must be taken."""


class TooManyLinks(OSError):
    """A file has all the names that its file system allows it (65,000 on ext4)."""


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
    """The one place where stores write content: all of it, also to an unbuffered file.

    A file without buffer takes at most 2 GB at once, and less on a disk that fills up.
    """
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def save(content: bytes, aside: Path) -> None:
    """Write a read-only file. It is not flushed."""
    with open(aside, "xb", buffering=0) as file:
        write(file, content)
        allow(file.fileno(), aside, READ_ONLY)


def allow(handle: int, path: StrPath, mode: int) -> None:
    """Set the mode of an open file."""
    if sys.platform == "win32":
        os.chmod(path, mode)
    else:
        os.fchmod(handle, mode)


def open_regular(path: str) -> FileIO:
    """Open for reading without waiting for the other end of a pipe or following a link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    return FileIO(os.open(path, flags), "r")


def read_whole(file: FileIO, limit: int) -> bytes:
    """From where the file stands to its end, at most `limit` bytes."""
    content = file.read(limit)
    while len(content) < limit:
        more = file.read(limit - len(content))
        if not more:
            break
        content += more
    return content


def linked(source: StrPath, destination: StrPath) -> bool:
    """Hardlink; False where the file system cannot. Raises FileExistsError, TooManyLinks."""
    try:
        os.link(source, destination)
    except OSError as fault:
        if fault.errno == errno.EMLINK:
            raise TooManyLinks(fault.errno, fault.strerror, str(source)) from fault
        if fault.errno in _NO_LINK:
            return False
        raise
    return True


def linked_new(source: StrPath, destination: StrPath) -> bool:
    """Hardlink; False where the destination is there already."""
    try:
        os.link(source, destination)
    except FileExistsError:
        return False
    return True


def cloned(source: Path, destination: Path, *, mode: int = READ_ONLY) -> bool:
    """Share the source's blocks; False where the file system cannot. Raises FileExistsError."""
    if not sys.platform.startswith("linux"):
        return False
    import fcntl  # only where the ioctl exists

    try:
        with source.open("rb") as file, destination.open("xb") as copy:
            fcntl.ioctl(copy.fileno(), _FICLONE, file.fileno())
            allow(copy.fileno(), destination, mode)
    except FileExistsError:
        raise
    except OSError as fault:
        if fault.errno in FULL or not destination.exists():
            raise
        destination.unlink()
        return False
    return True


def copied(source: BinaryIO, destination: Path, *, mode: int = READ_ONLY) -> None:
    """Copy an open file from its start, within the system where it can (copy_file_range)."""
    with destination.open("xb", buffering=0) as copy:
        if not _copied_inside(source.fileno(), copy.fileno()):
            source.seek(0)
            copy.seek(0)
            for chunk in chunks(source):
                write(copy, chunk)
            copy.truncate()
        allow(copy.fileno(), destination, mode)


def flush(paths: Collection[StrPath], beside: Path) -> None:
    """Make the content of files durable; all lie on the file system of `beside`."""
    if len(paths) > _FEW and _flush_file_system(beside):
        return
    for path in paths:
        with open(path, "rb") as file:
            flush_open(file.fileno())


def flush_open(handle: int) -> None:
    """Down to the disk, also on macOS, where fsync stops at the drive's cache."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # network shares
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    if sys.platform != "win32":  # which wants a writable handle, and flushes on close
        os.fsync(handle)


def flush_folders(folders: Collection[StrPath], beside: Path) -> None:
    """Make renames in folders durable where the system can."""
    if sys.platform == "win32" or (len(folders) > _FEW and _flush_file_system(beside)):
        return
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def expect_writable(folder: Path) -> None:
    """Raises PermissionError."""
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


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


def replace(aside: Path, destination: Path) -> None:
    """Give a file its final name, over a read-only one too."""
    if sys.platform == "win32" and destination.exists():
        destination.chmod(stat.S_IWRITE)
    aside.replace(destination)


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
    replace(aside, destination)


def _copied_inside(source: int, destination: int) -> bool:
    """Copy within the kernel, holes as holes; False where it cannot between these two."""
    if not hasattr(os, "copy_file_range"):
        return False
    size = os.fstat(source).st_size
    try:
        for start, end in _extents(source, size):
            while start < end:
                length = min(end - start, _COPY_BYTES)
                done = os.copy_file_range(source, destination, length, start, start)
                if not done:
                    return False
                start += done
        os.ftruncate(destination, size)
    except OSError as fault:
        if fault.errno in FULL:
            raise
        return False
    return True


def _extents(handle: int, size: int) -> Iterator[Tuple[int, int]]:
    """Where a file has content, as (start, end); what lies between are holes."""
    start = 0
    while start < size:
        try:
            start = os.lseek(handle, start, os.SEEK_DATA)
        except OSError as fault:
            if fault.errno != errno.ENXIO:
                raise
            return  # only a hole is left
        end = os.lseek(handle, start, os.SEEK_HOLE)
        yield start, end
        start = end


def _flush_file_system(folder: Path) -> bool:
    """syncfs(2), which since Linux 5.8 also reports what could not be written."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # takes 5 ms

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)
    return True
