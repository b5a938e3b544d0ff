"""A bucket on any file system that fsspec knows, such as SFTP.

SFTP is spoken by sshfs (over asyncssh): several requests are on their way on one connection, and
it can check the host's key against `known_hosts`. The other implementation, fsspec's own over
paramiko, adds unknown hosts by itself and waits for each request.
"""

from __future__ import annotations

import contextlib
import posixpath
import threading
import uuid
from typing import Any, Callable, Iterator, Optional, Tuple, Union
from urllib.parse import urlsplit

from pipl_pipe.asset.bucket import Pieces, Writer, checked
from pipl_pipe.asset.disk.files import FORBIDDEN, FULL
from pipl_pipe.errors import (
    AssetError,
    InvalidBucket,
    LibraryMissing,
    NotInBucket,
    StoreForbidden,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

SSH = ("sftp", "ssh")
WEB = ("http", "https")
_ASIDE = "tmp"
_BLOCK_BYTES = 4 << 20
_CONNECT_S = 20
_KEEP_ALIVE_S = 15


class FilesystemBucket:
    """A Bucket below `root` of a file system, which `connect` makes when it is first needed.

    A new connection is made after one is lost.
    """

    def __init__(
        self, connect: Callable[[], Any], root: str, name: str, *, read_only: bool = False
    ) -> None:
        self.name = name
        self._connect = connect
        self._root = root
        self._read_only = read_only
        self._lock = threading.Lock()
        self._connected: Optional[Any] = None

    def __repr__(self) -> str:
        return f"FilesystemBucket({self.name!r})"

    @classmethod
    def at(cls, url: str) -> FilesystemBucket:
        """At a URL of fsspec; `http:` and `https:` can only be read.

        Raises InvalidBucket for an unknown scheme, LibraryMissing.
        """
        try:
            import fsspec  # type: ignore[import-untyped]  # has no types
        except ImportError as fault:
            raise LibraryMissing("fsspec", url) from fault
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        if scheme in SSH:
            return cls(_ssh(url), parts.path or "/", url)
        if scheme in WEB:
            return cls(lambda: fsspec.filesystem(scheme), url, url, read_only=True)
        try:
            kind = fsspec.get_filesystem_class(scheme)
        except ValueError as fault:
            raise InvalidBucket(url, f"nobody knows the scheme {scheme!r}") from fault
        except ImportError as fault:
            raise LibraryMissing(_library(fault), url) from fault
        return cls(lambda: fsspec.filesystem(scheme), str(kind._strip_protocol(url)), url)

    def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
        path = self._path(key)
        with self._asking(key) as system, system.open(path, "rb") as file:
            file.seek(start)
            left = length
            while left is None or left:
                piece = file.read(_BLOCK_BYTES if left is None else min(left, _BLOCK_BYTES))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece

    @contextlib.contextmanager
    def writer(self, key: str) -> Iterator[Writer]:
        path = self._path(key)
        if self._read_only:
            raise StoreReadOnly(self.name)
        aside = posixpath.join(self._root, _ASIDE, uuid.uuid4().hex)
        with self._asking(key, writing=True) as system:
            system.makedirs(posixpath.dirname(aside), exist_ok=True)
            file = system.open(aside, "wb")
        try:
            try:
                door = _Door(self, key, file)
                yield door
                door.flush()
            finally:
                with self._asking(key, writing=True):
                    file.close()
            with self._asking(key, writing=True):
                system.makedirs(posixpath.dirname(path), exist_ok=True)
                system.mv(aside, path)
        except BaseException:
            with contextlib.suppress(Exception):  # the first error says more
                system.rm_file(aside)
            raise

    def size(self, key: str) -> Optional[int]:
        path = self._path(key)
        try:
            with self._asking(key) as system:
                found = system.info(path)
        except NotInBucket:
            return None
        if found["type"] != "file" or found["size"] is None:
            return None
        return int(found["size"])

    def keys(self, prefix: str) -> Iterator[Tuple[str, int]]:
        waiting = [checked(prefix)]
        while waiting:
            here = waiting.pop()
            folder = posixpath.join(self._root, here)
            try:
                with self._asking(here) as system:
                    found = system.ls(folder, detail=True)
            except NotInBucket:
                continue
            for one in found:
                key = f"{here}/{posixpath.basename(one['name'].rstrip('/'))}"
                if one["type"] == "directory":
                    waiting.append(key)
                elif one["type"] == "file":
                    yield key, int(one["size"] or 0)  # a web server may not say

    def remove(self, key: str) -> None:
        if self._read_only:
            raise StoreReadOnly(self.name)
        path = self._path(key)
        with contextlib.suppress(NotInBucket), self._asking(key, writing=True) as system:
            system.rm_file(path)

    def close(self) -> None:
        with self._lock:
            self._connected = None

    def _path(self, key: str) -> str:
        return posixpath.join(self._root, checked(key))

    @contextlib.contextmanager
    def _asking(self, key: str, *, writing: bool = False) -> Iterator[Any]:
        """The file system; what it raises becomes the bucket's errors."""
        try:
            with self._lock:
                if self._connected is None:
                    self._connected = self._connect()
                system = self._connected
            yield system
        except AssetError:
            raise
        except (FileNotFoundError, NotADirectoryError) as fault:
            raise NotInBucket(key, self.name) from fault
        except ImportError as fault:
            raise LibraryMissing(_library(fault), self.name) from fault
        except PermissionError as fault:
            raise self._refused(fault, writing=writing) from fault
        except OSError as fault:
            if fault.errno in FULL:
                raise StoreFull(self.name) from fault
            if fault.errno in FORBIDDEN:
                raise self._refused(fault, writing=writing) from fault
            self.close()
            raise StoreUnreachable(self.name, fault.strerror or _line(fault)) from fault
        except Exception as fault:  # whatever a file system of fsspec raises
            self.close()
            if type(fault).__name__ in ("PermissionDenied", "HostKeyNotVerifiable"):
                raise StoreForbidden(self.name, _line(fault)) from fault
            raise StoreUnreachable(self.name, _line(fault)) from fault

    def _refused(self, fault: BaseException, *, writing: bool) -> AssetError:
        return StoreReadOnly(self.name) if writing else StoreForbidden(self.name, _line(fault))


class _Door:
    """Gathers pieces into blocks; its faults are the bucket's."""

    def __init__(self, bucket: FilesystemBucket, key: str, file: Any) -> None:
        self._bucket = bucket
        self._key = key
        self._file = file
        self._held = bytearray()

    def write(self, content: Union[bytes, memoryview], /) -> None:
        self._held += content
        if len(self._held) >= _BLOCK_BYTES:
            self._send()

    def flush(self) -> None:
        self._send()
        if hasattr(self._file, "fsync"):
            with self._bucket._asking(self._key, writing=True):
                self._file.fsync()

    def _send(self) -> None:
        if self._held:
            with self._bucket._asking(self._key, writing=True):
                self._file.write(bytes(self._held))
            self._held.clear()


def _ssh(url: str) -> Callable[[], Any]:
    """How to connect as ssh itself would: the user's configuration, keys and known hosts."""
    try:
        from sshfs import SSHFileSystem  # type: ignore[import-untyped]  # has no types
    except ImportError as fault:
        raise LibraryMissing("sshfs", url) from fault
    parts = urlsplit(url)
    if not parts.hostname:
        raise InvalidBucket(url, "it names no host")
    given = {"port": parts.port, "username": parts.username}
    options = {key: value for key, value in given.items() if value}
    return lambda: SSHFileSystem(
        parts.hostname,
        known_hosts=(),
        connect_timeout=_CONNECT_S,
        keepalive_interval=_KEEP_ALIVE_S,
        skip_instance_cache=True,
        **options,
    )


def _library(fault: ImportError) -> str:
    """What fsspec lacks for a file system."""
    cause = fault.__cause__ if isinstance(fault.__cause__, ImportError) else fault
    return cause.name or "a library of fsspec's"


def _line(fault: BaseException) -> str:
    text = " ".join(str(fault).split()) or type(fault).__name__
    return text[:200]
