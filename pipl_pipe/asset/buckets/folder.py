"""A bucket that is a folder: one file a key, written aside, flushed once, then renamed."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import time
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO, Iterator, Optional, Tuple, Union

from pipl_pipe.asset.bucket import PIECE_BYTES, Pieces, Writer, checked
from pipl_pipe.asset.disk.files import FORBIDDEN, FULL, READ_ONLY
from pipl_pipe.errors import (
    NotInBucket,
    StoreForbidden,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

_ASIDE = "tmp"
_LEFT_S = 86400.0
"""A file being written that was not touched for so long has lost its process."""


class FolderBucket:
    """A Bucket below `root`, which is made on the first write, but not the folders above it.

    A share that is not mounted must not be mistaken for an empty bucket.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = str(root)

    def __repr__(self) -> str:
        return f"FolderBucket({str(self.root)!r})"

    def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
        path = self.root / checked(key)
        with self._reading(key), path.open("rb", buffering=0) as file:
            file.seek(start)
            left = length
            while left is None or left:
                piece = file.read(PIECE_BYTES if left is None else min(left, PIECE_BYTES))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece

    @contextlib.contextmanager
    def writer(self, key: str) -> Iterator[Writer]:
        path = self.root / checked(key)
        with self._writing():
            handle, aside = self._aside()
        try:
            raw = FileIO(handle, "w")
            try:
                file = BufferedWriter(raw, PIECE_BYTES)
                yield _Door(self, file)
                with self._writing():
                    file.flush()
                    os.fsync(handle)
            finally:
                raw.close()  # closing the buffer would write again what a full disk refused
            with self._writing():
                path.parent.mkdir(parents=True, exist_ok=True)
                aside.chmod(READ_ONLY)
                aside.replace(path)
                _flush_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):  # the first error says more
                aside.unlink()
            raise

    def size(self, key: str) -> Optional[int]:
        with self._reading(key):
            try:
                found = (self.root / checked(key)).stat()
            except (FileNotFoundError, NotADirectoryError):
                self._mounted()
                return None
            return found.st_size if stat.S_ISREG(found.st_mode) else None

    def keys(self, prefix: str) -> Iterator[Tuple[str, int]]:
        with self._reading(prefix):
            self._mounted()
            waiting = [checked(prefix)]
            while waiting:
                here = waiting.pop()
                try:
                    found = list(os.scandir(self.root / here))
                except (FileNotFoundError, NotADirectoryError):
                    continue
                for entry in found:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{here}/{entry.name}")
                    elif entry.is_file(follow_symlinks=False):
                        yield f"{here}/{entry.name}", entry.stat().st_size

    def remove(self, key: str) -> None:
        with self._writing(), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (self.root / checked(key)).unlink()

    def close(self) -> None:
        return

    def _mounted(self) -> None:
        """Raises StoreUnreachable where not even the folder that would hold the root is there."""
        if not self.root.parent.is_dir():
            raise StoreUnreachable(self.name, f"there is no folder {self.root.parent}")

    @contextlib.contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as fault:
            self._mounted()
            raise NotInBucket(key, self.name) from fault
        except OSError as fault:
            if fault.errno in FORBIDDEN:
                raise StoreForbidden(self.name, fault.strerror or str(fault)) from fault
            raise StoreUnreachable(self.name, fault.strerror or str(fault)) from fault

    def _aside(self) -> Tuple[int, Path]:
        """A new file beside the keys; those of killed writers go first."""
        place = self.root / _ASIDE
        self.root.mkdir(exist_ok=True)
        place.mkdir(exist_ok=True)
        now = time.time()
        for left in os.scandir(place):
            with contextlib.suppress(OSError):  # another removes it too
                if now - left.stat(follow_symlinks=False).st_mtime > _LEFT_S:
                    Path(left).unlink()
        handle, path = tempfile.mkstemp(dir=place)
        return handle, Path(path)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            if fault.errno in FULL:
                raise StoreFull(self.name) from fault
            if fault.errno in FORBIDDEN:
                raise StoreReadOnly(self.name) from fault
            raise StoreUnreachable(self.name, fault.strerror or str(fault)) from fault


class _Door:
    """Writing whose faults are the bucket's, unlike those of what is read meanwhile."""

    def __init__(self, bucket: FolderBucket, file: BinaryIO) -> None:
        self._bucket = bucket
        self._file = file

    def write(self, content: Union[bytes, memoryview], /) -> int:
        with self._bucket._writing():
            return self._file.write(content)


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # has no such call
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
