"""Which stores and remotes stand behind one another, for the places of a workspace.

the project's store is seen here    store → remotes
… on another file system, and a     cache → store → remotes
  cache is configured
the project is not seen here        cache → the project's server → remotes
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Tuple, Type, TypeVar

from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places, RemotePlace
from pipl_pipe.asset.places.beyond import Source
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.remote import Remote, Transfer
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.stores.cache import CacheStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.through import KeepingStore, ThroughStore
from pipl_pipe.errors import StoreUnreachable

if TYPE_CHECKING:
    from pipl_pipe.asset.remotes.bucket import BucketRemote

S = TypeVar("S", bound=FolderStore)


def open_store(places: Places, progress: Optional[Progress] = None) -> AssetStore:
    """The places as one store; nobody is asked before it is needed."""
    beyond = sources(places, progress)
    folder = places.store
    seen = folder is not None and _is_seen(places, folder)
    if folder is None or not (places.required or seen):
        server = Source(
            places.server,
            partial(_server, places.server),
            Transfer(progress=progress or SILENT),
        )
        return ThroughStore(_cache(places), (server, *beyond), sends=server)
    if places.cache_first and _is_elsewhere(folder, places.workspace):
        store = _folder(FolderStore, places, folder)
        copies = Source(str(folder), partial(_copies, store), Transfer(progress=progress or SILENT))
        return ThroughStore(_cache(places), (copies, *beyond), adds=store)
    if not seen:
        beyond = (Source(str(folder), partial(_unmounted, folder)), *beyond)
    if beyond:
        return ThroughStore(_folder(KeepingStore, places, folder), beyond)
    return _folder(FolderStore, places, folder)


def sources(places: Places, progress: Optional[Progress] = None) -> Tuple[Source, ...]:
    """The remotes that are read from, in the order of the configuration."""
    return tuple(
        Source(
            f"{one.name} ({one.url})",
            partial(open_remote, one, places.records),
            transfer_of(one, progress),
        )
        for one in places.remotes
        if one.read
    )


def open_remote(place: RemotePlace, records: Optional[Path] = None) -> BucketRemote:
    """Raises LibraryMissing, InvalidBucket."""
    from pipl_pipe.asset.bucket import open_bucket
    from pipl_pipe.asset.remotes.bucket import BucketRemote

    bucket = open_bucket(place.url, endpoint=place.endpoint or None, region=place.region or None)
    return BucketRemote(bucket, records=records and records / "remotes")


def objects_of(places: Places) -> Objects:
    """Where `open_store` keeps what is added: the project's store, else the cache."""
    folder = places.store
    if folder is None or not (places.required or _is_seen(places, folder)):
        return _cache(places).objects
    return _folder(FolderStore, places, folder).objects


def transfer_of(place: RemotePlace, progress: Optional[Progress] = None) -> Transfer:
    limit = None if place.limit_mb_s is None else max(1, int(place.limit_mb_s * 10**6))
    return Transfer(jobs=place.jobs, limit_bytes_s=limit, progress=progress or SILENT)


def _unmounted(folder: Path) -> Remote:
    """Raises StoreUnreachable: what is not there cannot be told from what is not mounted."""
    raise StoreUnreachable(str(folder), "it is not mounted here")


def _server(url: str) -> Remote:
    from pipl_pipe import login
    from pipl_pipe.asset.remotes.server import ServerRemote

    return ServerRemote(url, partial(login.find, url, os.environ))


def _copies(store: FolderStore) -> Remote:
    from pipl_pipe.asset.remotes.store import StoreRemote

    return StoreRemote(store.objects)


def _cache(places: Places) -> CacheStore:
    return CacheStore(
        places.cache,
        bound_bytes=places.cache_bytes,
        ways=places.view,
        algorithm=places.algorithm,
        stat_cache=places.records and places.records / "stored.sqlite",
    )


def _folder(kind: Type[S], places: Places, folder: Path) -> S:
    return kind(
        folder,
        parents=places.parents,
        ways=places.view,
        algorithm=places.algorithm,
        stat_cache=places.records and places.records / "stored.sqlite",
    )


def _is_seen(places: Places, folder: Path) -> bool:
    """Whether this machine sees the store's folder, or where it would be made."""
    return places.parents or folder.is_dir() or folder.parent.is_dir()


def _is_elsewhere(one: Path, other: Path) -> bool:
    """Whether two paths lie on different file systems, as far as they exist."""
    return _device(one) != _device(other)


def _device(path: Path) -> int:
    for existing in (path, *path.parents):
        try:
            return existing.stat().st_dev
        except OSError:
            continue
    return -1
