"""Digests that name content: `blake3:<hex>`, the algorithm being part of the text.

BLAKE3 (the paper: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020) where its package is
installed, else SHA-256 (FIPS 180-4) of the standard library. Both have 32 bytes.
"""

from __future__ import annotations

import functools
import hashlib
import mmap
import os
import re
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple, Optional, Protocol

from pipl_pipe.asset.disk import lease
from pipl_pipe.errors import AlgorithmMissing, InvalidDigest

BLAKE3 = "blake3"
SHA256 = "sha256"
ALGORITHMS = (BLAKE3, SHA256)
HEX_DIGITS = 64
CHUNK_BYTES = 1 << 20
_TEXT = re.compile(r"(blake3|sha256):([0-9a-f]{64})")
LARGE_BYTES = 4 << 20
"""From here on a file is hashed by all cores; below, starting threads costs more."""
_WINDOW_BYTES = 16 << 20


class Hasher(Protocol):
    """As in hashlib."""

    def update(self, content: Any, /) -> Any: ...

    def digest(self) -> bytes: ...

    def hexdigest(self) -> str: ...


class Digest(NamedTuple):
    """An algorithm of `ALGORITHMS` and its value in lower-case hex."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Raises InvalidDigest, also for an unknown algorithm."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise InvalidDigest(text[:100])
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


@functools.lru_cache(maxsize=None)
def available(algorithm: str) -> bool:
    """Whether content can be hashed by this algorithm here."""
    if algorithm != BLAKE3:
        return algorithm == SHA256
    try:
        import blake3  # noqa: F401  # optional
    except ImportError:
        return False
    return True


def default() -> str:
    """The algorithm for new content."""
    return BLAKE3 if available(BLAKE3) else SHA256


def maker(algorithm: str) -> Callable[..., Hasher]:
    """What makes a Hasher, of content if given. Raises AlgorithmMissing."""
    if algorithm == SHA256:
        return hashlib.sha256
    if not available(algorithm):
        raise AlgorithmMissing(algorithm)
    from blake3 import blake3

    made: Callable[..., Hasher] = blake3
    return made


def hasher(algorithm: str) -> Hasher:
    """Raises AlgorithmMissing."""
    return maker(algorithm)()


def of_bytes(content: bytes, algorithm: Optional[str] = None) -> Digest:
    """By the default algorithm where none is given. Raises AlgorithmMissing."""
    chosen = algorithm or default()
    return Digest(chosen, maker(chosen)(content).hexdigest())


def of_file(path: Path, algorithm: Optional[str] = None) -> Digest:
    """Raises AlgorithmMissing."""
    with path.open("rb", buffering=0) as file:
        return of_open(file, algorithm)


def of_open(file: FileIO, algorithm: Optional[str] = None) -> Digest:
    """Of a file opened without buffer, from its start. Memory does not grow with the file.

    A large one is read while it is hashed; BLAKE3 takes all cores, and maps the file where
    nobody can cut it short meanwhile. Raises AlgorithmMissing.
    """
    chosen = algorithm or default()
    made = maker(chosen)
    if os.fstat(file.fileno()).st_size < LARGE_BYTES:
        hasher = made()
        for chunk in chunks(file):
            hasher.update(chunk)
        return Digest(chosen, hasher.hexdigest())
    hasher = made(max_threads=-1) if chosen == BLAKE3 else made()
    with lease.held(file) as held:
        if held:
            _update_mapped(hasher, file)
        else:
            _update_ahead(hasher, file)
    return Digest(chosen, hasher.hexdigest())


def chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK_BYTES), b"")


def _update_mapped(hasher: Hasher, file: FileIO) -> None:
    """Window by window, so that little of the file counts as resident."""
    size = os.fstat(file.fileno()).st_size
    for offset in range(0, size, _WINDOW_BYTES):
        length = min(_WINDOW_BYTES, size - offset)
        with mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ, offset=offset) as window:
            hasher.update(window)


def _update_ahead(hasher: Hasher, file: FileIO) -> None:
    """Read the next piece while one is hashed."""
    from concurrent.futures import ThreadPoolExecutor  # takes 10 ms

    pieces = [bytearray(LARGE_BYTES), bytearray(LARGE_BYTES)]
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(file.readinto, pieces[0])
        while True:
            read = coming.result()
            if not read:
                return
            piece = memoryview(pieces[0])[:read]
            pieces.reverse()
            coming = reader.submit(file.readinto, pieces[0])
            hasher.update(piece)
