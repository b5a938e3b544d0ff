"""Digests that name content: `sha256:<hex>`, the algorithm being part of the text."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Iterator

from pipl_pipe.errors import InvalidDigest

DEFAULT = "sha256"
ALGORITHMS: Dict[str, Callable[[], Any]] = {"sha256": hashlib.sha256}
_HEX_DIGITS = {"sha256": 64}
_TEXT = re.compile(r"([a-z0-9]+):([0-9a-f]+)")
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, order=True)
class Digest:
    """An algorithm of `ALGORITHMS` and its value in lower-case hex."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Raises InvalidDigest, also for an unknown algorithm."""
        found = _TEXT.fullmatch(text)
        if found is None or len(found[2]) != _HEX_DIGITS.get(found[1]):
            raise InvalidDigest(text[:100])
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


def of_bytes(content: bytes, algorithm: str = DEFAULT) -> Digest:
    hasher = ALGORITHMS[algorithm]()
    hasher.update(content)
    return Digest(algorithm, hasher.hexdigest())


def of_file(path: Path, algorithm: str = DEFAULT) -> Digest:
    """Streamed: memory does not grow with the file."""
    hasher = ALGORITHMS[algorithm]()
    with path.open("rb") as file:
        for chunk in chunks(file):
            hasher.update(chunk)
    return Digest(algorithm, hasher.hexdigest())


def chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK_BYTES), b"")
