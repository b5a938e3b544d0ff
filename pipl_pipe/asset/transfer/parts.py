"""An object that arrives part by part, in any order, and goes on after a kill -9.

<folder>/content    the bytes that are there, each at its place
<folder>/there      a byte for each part: 1 once the part is whole and on the disk
<folder>/lock       held by whoever writes
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterable, Iterator, List, Tuple

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.objects.batch import Batch
from pipl_pipe.errors import AssetDamaged

_DONE = b"\x01"


@dataclass(frozen=True)
class Parts:
    """The parts of an object of `size` bytes, each `part_bytes` long, but for the last."""

    folder: Path
    size: int
    part_bytes: int

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def count(self) -> int:
        return -(-self.size // self.part_bytes)

    def range_of(self, part: int) -> Tuple[int, int]:
        """Where a part begins and how long it is, in bytes."""
        start = part * self.part_bytes
        return start, min(self.part_bytes, self.size - start)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, and keep other threads and processes from writing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locking.locked(self.folder / "lock"):
            yield

    def missing(self) -> List[Tuple[int, int]]:
        """Runs of parts that are not there, as (first, end)."""
        try:
            there = (self.folder / "there").read_bytes()[: self.count]
        except OSError:
            there = b""
        runs: List[Tuple[int, int]] = []
        for number in range(self.count):
            if there[number : number + 1] == _DONE:
                continue
            if runs and runs[-1][1] == number:
                runs[-1] = (runs[-1][0], number + 1)
            else:
                runs.append((number, number + 1))
        return runs

    def write(self, part: int, pieces: Iterable[bytes]) -> None:
        """Take in the bytes of a part, which are as many as it is long."""
        start, _ = self.range_of(part)
        with _at(self.content, start) as file:
            for piece in pieces:
                files.write(file, piece)
            file.flush()
            files.flush_open(file.fileno())
        with _at(self.folder / "there", part) as file:
            files.write(file, _DONE)

    def hand_over(self, digest: Digest, batch: Batch, *, where: str) -> Path:
        """The whole content, verified, as a file of the batch; nothing is left here.

        Raises AssetDamaged naming `where` it came from: all of it has to arrive again.
        """
        found = digests.of_file(self.content, digest.algorithm)
        if found != digest:
            for name in ("there", "content"):
                (self.folder / name).unlink()
            raise AssetDamaged(str(digest), where, f"what arrived has digest {found}")
        path = batch.new()
        self.content.chmod(files.READ_ONLY)
        self.content.replace(path)
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # another upload lies beside
            self.folder.parent.rmdir()
        return path


def _at(path: Path, offset: int) -> BinaryIO:
    """A file opened for writing at an offset, made where it is not there."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags, 0o600), "r+b")
    file.seek(offset)
    return file
