"""Renewing an environment aside: whoever is killed leaves the old one or the new one, never a mix.

The new one is made in a folder beside it, as a copy whose files are hardlinks, is changed there,
and takes the old one's place in one step of the file system. Its folder has the same name with an
ending, so that whatever holds its path, however quoted, is right once that ending is dropped.
"""

# ruff: noqa: PTH115, PTH211  # texts, not Paths: this runs for every file

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipl.errors.base import DiskFull
from pipl.errors.usage import NotWritable, PathExists
from pipl_pipe.asset.disk import files

_NEXT, _OLD = "-next", "-old"
_LINKED = ("lib", "lib64", "Lib", "include")
"""Below these an installer never writes into a file that is there; other folders are copied."""
_TEXT_BYTES = 1_000_000
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_EXCHANGING = ("linux", "darwin")
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux, and RENAME_SWAP of macOS."""
_HERE = -100
"""AT_FDCWD of Linux."""


def recover(folder: Path) -> None:
    """Put in order what a kill has left; while nobody else changes the environment.

    Raises NotWritable.
    """
    old = folder.with_name(folder.name + _OLD)
    with _writing(folder):
        if not folder.exists() and old.exists():  # killed between two renames
            old.rename(folder)
        for left in (old, folder.with_name(folder.name + _NEXT)):
            if left.exists():
                shutil.rmtree(left)


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """Where the environment that is to replace the one at `folder` is made.

    After the block it has taken that place; after a failure nothing of it remains. Raises
    PathExists where something else than an environment is there, NotWritable, DiskFull.
    """
    if folder.exists() and not (folder / "pyvenv.cfg").is_file() and any(folder.iterdir()):
        raise PathExists(str(folder))
    made = folder.with_name(folder.name + _NEXT)
    try:
        yield made
        with _writing(folder):
            _rename_inside(made, folder)
            _put(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def prepare() -> None:
    """Load what putting an environment in its place takes, while something else is waited for."""
    if sys.platform in _EXCHANGING:
        import ctypes  # noqa: F401


def copy(source: Path, destination: Path) -> None:
    """Make `destination` the same environment, still with the paths of the other.

    Raises NotWritable, DiskFull.
    """
    with _writing(destination):
        _copy(str(source), str(destination), linking=False)


def _copy(source: str, destination: str, *, linking: bool) -> None:
    os.mkdir(destination)  # noqa: PTH102  # see above
    with os.scandir(source) as entries:
        for entry in entries:
            target = f"{destination}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)
            elif entry.is_dir():
                _copy(entry.path, target, linking=linking or entry.name in _LINKED)
            elif not (linking and _linked(entry.path, target)):
                shutil.copy2(entry.path, target)


def _linked(source: str, target: str) -> bool:
    try:
        return files.linked(source, target)
    except files.TooManyLinks:
        return False


def _rename_inside(made: Path, folder: Path) -> None:
    """Write the final path into whatever holds the one that it was made at."""
    before, after = (os.fsencode(f"{os.sep}{name}") for name in (made.name, folder.name))
    for path in _texts(made):
        content = path.read_bytes()
        if before in content:
            written = path.with_name(f"{path.name}{_NEXT}")
            written.write_bytes(content.replace(before, after))
            shutil.copymode(path, written)
            written.replace(path)


def _texts(environment: Path) -> Iterator[Path]:
    """Scripts, settings and what pipl keeps there; in packages, only the .pth files."""
    yield from environment.glob("lib/python*/site-packages/*.pth")
    pending = [environment]
    while pending:
        for path in pending.pop().iterdir():
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                if path.name not in _LINKED:
                    pending.append(path)
            elif stat.S_ISREG(status.st_mode) and status.st_size <= _TEXT_BYTES:
                yield path


def _put(made: Path, folder: Path) -> None:
    if not folder.exists():
        made.rename(folder)
        return
    if _exchanged(made, folder):
        shutil.rmtree(made)
        return
    old = folder.with_name(folder.name + _OLD)
    folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def _exchanged(one: Path, other: Path) -> bool:
    """Give each the other's name in one step; False where the file system cannot."""
    if sys.platform not in _EXCHANGING:
        return False
    import ctypes  # slow to import, and most syncs change nothing

    library = ctypes.CDLL(None, use_errno=True)
    name = "renameat2" if sys.platform == "linux" else "renamex_np"
    call = getattr(library, name, None)
    if call is None:
        return False
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "linux":
        status = call(_HERE, first, _HERE, second, _EXCHANGE)
    else:
        status = call(first, second, _EXCHANGE)
    if status == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno in files.FULL:
            raise DiskFull(str(path)) from fault
        raise NotWritable(str(path), fault.strerror or str(fault)) from fault
