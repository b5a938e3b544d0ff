"""A bucket of S3, Google or Azure, or of a server that speaks their protocol, by obstore."""

from __future__ import annotations

import contextlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple, Type, Union
from urllib.parse import urlsplit

from pipl_pipe.asset.bucket import PIECE_BYTES, Pieces, Writer, checked
from pipl_pipe.errors import (
    InvalidBucket,
    LibraryMissing,
    NotInBucket,
    StoreForbidden,
    StoreReadOnly,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from obstore import WritableFile
    from obstore.store import AzureStore, ClientConfig, GCSStore, S3Store

    Cloud = Union[AzureStore, GCSStore, S3Store]

PART_BYTES = 5 << 20
"""The least that S3 takes as a part of an upload; what is smaller is sent as one."""
_PARTS_AT_ONCE = 1
"""Of one upload; other jobs have theirs. Each more holds 5 MB a job, and was not faster."""
_SILENCE_S = 180
"""A part must be sent in this time, 30 kB/s, and a server that is silent for longer is down."""
_CONNECT_S = 10
_REQUEST_S = 900
"""obstore's default of 30 s would cut every download of a pack on a slow line."""
_SETTINGS = {"s3": {"endpoint", "region"}, "az": {"endpoint"}, "gs": {"endpoint"}}
_SECRETS = re.compile(r"(?i)(authorization|signature|credential|x-amz-[a-z-]+|sig)=[^&\s]*")


class CloudBucket:
    """A Bucket of an obstore store; its credentials come from the environment or the machine."""

    def __init__(self, store: Cloud, name: str) -> None:
        self.name = name
        self._store = store

    def __repr__(self) -> str:
        return f"CloudBucket({self.name!r})"

    @classmethod
    def at(
        cls, url: str, *, endpoint: Optional[str] = None, region: Optional[str] = None
    ) -> CloudBucket:
        """Of `s3:`, `gs:` or `az:`, such as `s3://bucket/prefix`; nobody is asked yet.

        Raises InvalidBucket, LibraryMissing.
        """
        try:
            from obstore.store import AzureStore, GCSStore, S3Store
        except ImportError as fault:
            raise LibraryMissing("obstore", url) from fault
        parts = urlsplit(url)
        if not parts.hostname or "@" in parts.netloc:
            raise InvalidBucket(f"{parts.scheme}://…", "it is not a bucket's name and a prefix")
        if endpoint is not None and not _address(endpoint):
            raise InvalidBucket(url, "its endpoint is not an http:// or https:// address")
        scheme = parts.scheme.lower()
        wanted = {"endpoint": endpoint, "region": region}
        surplus = {name for name, value in wanted.items() if value} - _SETTINGS[scheme]
        if surplus:
            raise InvalidBucket(url, f"it takes no {' or '.join(sorted(surplus))}")
        given: Dict[str, str] = {}
        if endpoint is not None:
            given["base_url" if scheme == "gs" else "endpoint"] = endpoint
        if region is not None:
            given["region"] = region
        kinds: Dict[str, Type[Any]] = {"s3": S3Store, "az": AzureStore, "gs": GCSStore}
        client: ClientConfig = {
            "connect_timeout": timedelta(seconds=_CONNECT_S),
            "timeout": timedelta(seconds=_REQUEST_S),
            "allow_http": bool(endpoint and endpoint.lower().startswith("http://")),
        }

        def make(client: ClientConfig) -> Cloud:
            made: Cloud = kinds[scheme](
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                client_options=client,
                retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=60)},
                **given,
            )
            return made

        try:
            try:
                store = make({**client, "read_timeout": timedelta(seconds=_SILENCE_S)})
            except _faults() as fault:
                if "read_timeout" not in str(fault):
                    raise
                store = make(client)  # before obstore 0.11, which Python 3.9 does not have
        except _faults() as fault:
            raise InvalidBucket(url, _reason(fault)) from fault
        return cls(store, url)

    def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
        import obstore

        if length == 0:
            return
        with self._asking(checked(key)):
            if length is None and start == 0:
                answer = obstore.get(self._store, key)
            elif length is None:
                answer = obstore.get(self._store, key, options={"range": {"offset": start}})
            else:
                options = {"range": (start, start + length)}
                answer = obstore.get(self._store, key, options=options)  # type: ignore[arg-type]
            for piece in answer.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    @contextlib.contextmanager
    def writer(self, key: str) -> Iterator[Writer]:
        writer = _Upload(self, checked(key))
        yield writer
        writer.finish()

    def size(self, key: str) -> Optional[int]:
        import obstore

        try:
            with self._asking(checked(key)):
                return int(obstore.head(self._store, key)["size"])
        except NotInBucket:
            return None

    def keys(self, prefix: str) -> Iterator[Tuple[str, int]]:
        import obstore

        with self._asking(checked(prefix)):
            for page in obstore.list(self._store, prefix=prefix):
                for found in page:
                    yield found["path"], int(found["size"])

    def remove(self, key: str) -> None:
        import obstore

        with contextlib.suppress(NotInBucket), self._asking(checked(key), writing=True):
            obstore.delete(self._store, key)

    def close(self) -> None:
        return

    @contextlib.contextmanager
    def _asking(self, key: str, *, writing: bool = False) -> Iterator[None]:
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except FileNotFoundError as fault:
            raise NotInBucket(key, self.name) from fault
        except (PermissionDeniedError, UnauthenticatedError) as fault:
            if writing and isinstance(fault, PermissionDeniedError):
                raise StoreReadOnly(self.name) from fault
            raise StoreForbidden(self.name, _reason(fault)) from fault
        except _faults() as fault:
            raise StoreUnreachable(self.name, _reason(fault)) from fault


class _Upload:
    """One request for what is small, an upload in parts for what is not."""

    def __init__(self, bucket: CloudBucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._held: List[bytes] = []
        self._size = 0
        self._parts: Optional[WritableFile] = None

    def write(self, content: Union[bytes, memoryview], /) -> None:
        self._held.append(bytes(content))
        self._size += len(content)
        if self._size >= (PART_BYTES if self._parts is None else PIECE_BYTES):
            self._send()

    def finish(self) -> None:
        import obstore

        with self._sending():
            if self._parts is None:
                content = b"".join(self._held)
                obstore.put(self._bucket._store, self._key, content, use_multipart=False)
            else:
                self._send()
                self._parts.close()

    def _send(self) -> None:
        import obstore

        with self._sending():
            if self._parts is None:
                self._parts = obstore.open_writer(
                    self._bucket._store,
                    self._key,
                    buffer_size=PART_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
            self._parts.write(b"".join(self._held))
        self._held.clear()
        self._size = 0

    @contextlib.contextmanager
    def _sending(self) -> Iterator[None]:
        try:
            with self._bucket._asking(self._key, writing=True):
                yield
        except NotInBucket as fault:
            raise StoreUnreachable(self._bucket.name, "there is no such bucket") from fault


def _address(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _faults() -> Tuple[Type[Exception], ...]:
    """What obstore raises about stores and connections."""
    from obstore.exceptions import BaseError

    return (BaseError, OSError, ValueError)


def _reason(fault: BaseException) -> str:
    """One line about it that holds no secret."""
    text = _SECRETS.sub(r"\1=…", " ".join(str(fault).split()))
    status = re.search(r"\bstatus:? (\d{3})|\b([45]\d\d) [A-Z][a-z]+", text)
    if status:
        return f"it answered {status[1] or status[2]}"
    return text.partition("Debug source")[0][:200]
