"""A large object that arrives in parts, in a file that outlives a killed pull."""

from __future__ import annotations

import contextlib
import os
import shutil
from io import FileIO
from pathlib import Path
from typing import Iterable, Iterator, Optional, Sequence, Tuple, Union

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.bucket import PIECE_BYTES
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged

_CONTENT = "content"
_LOCK = "lock"
_TRIES = 100


class Assembly:
    """The file of one large object; its parts may be written by several threads at once."""

    def __init__(self, near: Objects, whole: Member, folder: Path) -> None:
        self.whole = whole
        self._near = near
        self._folder = folder
        self._path = folder / _CONTENT

    @classmethod
    @contextlib.contextmanager
    def opened(cls, near: Objects, whole: Member) -> Iterator[Optional[Assembly]]:
        """Nobody else assembles the object meanwhile; None if another process just has."""
        for _ in range(_TRIES):
            folder = near.partial(whole.digest)
            with contextlib.ExitStack() as stack:
                try:
                    stack.enter_context(locking.locked(folder / _LOCK))
                except FileNotFoundError:
                    continue  # who has just finished removed it
                yield None if near.has(whole.digest, whole.size) else cls(near, whole, folder)
                return
        raise AssertionError("the folder is made again and again")

    def lacking(self, parts: Sequence[Tuple[int, Member]]) -> Iterator[Tuple[int, Member]]:
        """The parts, by where they begin, that an earlier pull did not leave whole."""
        with files.storing(self._folder):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            with FileIO(os.open(self._path, flags, 0o600), "r+") as file:
                fresh = os.fstat(file.fileno()).st_size == 0
                if not fresh:
                    file.truncate(self.whole.size)
                for offset, part in parts:
                    if fresh or not _holds(file, offset, part):
                        yield offset, part

    def write(self, offset: int, pieces: Iterable[Union[bytes, memoryview]]) -> None:
        """Write a part. Raises StoreFull, and whatever `pieces` raises."""
        with files.storing(self._near.root), self._path.open("r+b", buffering=0) as file:
            file.seek(offset)
            for piece in pieces:
                files.write(file, piece)  # type: ignore[arg-type]  # any buffer

    def finish(self) -> None:
        """Verify the whole and publish it. Raises AssetDamaged where the parts do not fit."""
        found = digests.of_file(self._path, self.whole.digest.algorithm)
        if found != self.whole.digest:
            self._path.unlink()
            said = f"its parts together have the digest {found}"
            raise AssetDamaged(str(self.whole.digest), self._near.name, said)
        with self._near.batch() as batch:
            path = batch.new()
            self._path.replace(path)
            path.chmod(files.READ_ONLY)
            batch.keep(self.whole.digest, path)
        shutil.rmtree(self._folder, ignore_errors=True)


def _holds(file: FileIO, offset: int, part: Member) -> bool:
    """Whether the part is in the file already; a hole is not read."""
    if hasattr(os, "SEEK_DATA"):
        try:
            if os.lseek(file.fileno(), offset, os.SEEK_DATA) > offset:
                return False
        except OSError:  # nothing but a hole, or a file system that does not tell
            pass
    state = digests.hasher(part.digest.algorithm)
    file.seek(offset)
    left = part.size
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        if not piece:
            return False
        left -= len(piece)
        state.update(piece)
    return state.hexdigest() == part.digest.hex
