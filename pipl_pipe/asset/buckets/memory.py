"""A bucket in memory, for tests."""

from __future__ import annotations

import contextlib
import io
from typing import Dict, Iterator, Optional, Tuple

from pipl_pipe.asset.bucket import PIECE_BYTES, Pieces, Writer, checked
from pipl_pipe.errors import NotInBucket


class MemoryBucket:
    """A Bucket that keeps everything in `content`, open to tests for damaging."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.content: Dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"MemoryBucket({self.name!r})"

    def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
        content = self.content.get(checked(key))
        if content is None:
            raise NotInBucket(key, self.name)
        end = len(content) if length is None else min(len(content), start + length)
        for begin in range(start, end, PIECE_BYTES):
            yield content[begin : min(end, begin + PIECE_BYTES)]

    @contextlib.contextmanager
    def writer(self, key: str) -> Iterator[Writer]:
        checked(key)
        gathered = io.BytesIO()
        yield gathered
        self.content[key] = gathered.getvalue()

    def size(self, key: str) -> Optional[int]:
        content = self.content.get(checked(key))
        return None if content is None else len(content)

    def keys(self, prefix: str) -> Iterator[Tuple[str, int]]:
        for key, content in list(self.content.items()):
            if key.startswith(f"{checked(prefix)}/"):
                yield key, len(content)

    def remove(self, key: str) -> None:
        self.content.pop(checked(key), None)

    def close(self) -> None:
        return
