"""What a bucket is: content under keys, such as a folder, an S3 bucket or an SFTP account.

`pipl_pipe.testing.asset_bucket` is the suite that an implementation must pass.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import ContextManager, Generator, Iterator, Optional, Protocol, Tuple, Union
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipl_pipe.errors import InvalidBucket

PIECE_BYTES = 1 << 20
CLOUD = ("s3", "gs", "az")
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


Pieces = Generator[bytes, None, None]
"""What is not read to its end is closed by the reader, in the reader's thread."""


class Writer(Protocol):
    """Where content goes, piece by piece."""

    def write(self, content: Union[bytes, memoryview], /) -> object: ...


class Bucket(Protocol):
    """Implementations are safe for many threads and processes at once.

    Keys are posix paths of letters, digits, `.`, `_` and `-` (see `checked`). `name` is what
    messages call the bucket; it never holds a secret. Every method raises StoreForbidden and
    StoreUnreachable; the latter, and ConnectionError while reading, where trying again may help.
    """

    name: str

    def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
        """The content from `start` on, at most `length` bytes, in pieces of bounded size.

        Raises NotInBucket, at the first piece at the latest. A read that is cut short ends
        with an error or with too few bytes.
        """

    def writer(self, key: str) -> ContextManager[Writer]:
        """Store what is written, replacing what was there.

        The key appears, whole, at the block's normal end; an exception leaves nothing new.
        Raises StoreReadOnly, StoreFull.
        """

    def size(self, key: str) -> Optional[int]:
        """In bytes; None where there is no such key."""

    def keys(self, prefix: str) -> Iterator[Tuple[str, int]]:
        """Every key below the folder `prefix` (such as `packs`) and its size; in no order."""

    def remove(self, key: str) -> None:
        """Remove a key; no error where there is none. Raises StoreReadOnly."""

    def close(self) -> None:
        """Give up connections; the bucket is not used afterwards."""


def checked(key: str) -> str:
    """The key itself. Raises ValueError for one that could leave the bucket."""
    if not _KEY.fullmatch(key) or len(key) > 512:
        raise ValueError(f"{key[:100]!r} is not a key")
    return key


def open_bucket(
    url: str, *, endpoint: Optional[str] = None, region: Optional[str] = None
) -> Bucket:
    """The bucket at a URL or folder; nothing is made and nobody is asked yet.

    A path or `file:` is a folder; `s3:`, `gs:` and `az:` are cloud stores (`endpoint` is the
    address of another server that speaks their protocol); `memory:` is for tests; what is left
    is any file system of fsspec, such as `sftp:` and, to read only, `https:`. Credentials come
    from the environment, never from the URL.
    Raises InvalidBucket, LibraryMissing.
    """
    if not _SCHEME.match(url):
        return _folder(Path(url), url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise InvalidBucket(_SCHEME.match(url)[0] + "…", str(fault)) from fault  # type: ignore[index]  # matched above
    if parts.password is not None:
        shown = f"{parts.scheme}://{parts.hostname}{parts.path}"
        raise InvalidBucket(shown, "it holds a password")
    if parts.query or parts.fragment:
        raise InvalidBucket(url.partition("?")[0].partition("#")[0], "it goes on after its path")
    scheme = parts.scheme.lower()
    if scheme == "file":
        if parts.hostname not in (None, "localhost") or port:
            raise InvalidBucket(url, "it names a host; a folder of another host is mounted first")
        return _folder(Path(url2pathname(parts.path)), url)
    if scheme in CLOUD:
        from pipl_pipe.asset.buckets.cloud import CloudBucket

        return CloudBucket.at(url, endpoint=endpoint, region=region)
    from pipl_pipe.asset.buckets.filesystem import FilesystemBucket

    return FilesystemBucket.at(url)


def _folder(path: Path, url: str) -> Bucket:
    from pipl_pipe.asset.buckets.folder import FolderBucket

    if not path.is_absolute():
        raise InvalidBucket(url, "the path is not absolute")
    return FolderBucket(Path(os.path.normpath(path)))
