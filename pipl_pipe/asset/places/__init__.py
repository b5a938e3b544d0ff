"""Where assets may be: the project's store, this machine's cache, its server, remotes.

Places are values: an environment says them once, and pipl reads them. No secret is ever in them.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, Optional, Tuple

from pipl_pipe.asset.objects.laying import DEFAULT_WAYS
from pipl_pipe.errors import InvalidConfig

if TYPE_CHECKING:
    from pipl_pipe.asset.progress import Progress
    from pipl_pipe.asset.remote import Transfer
    from pipl_pipe.asset.remotes.bucket import BucketRemote
    from pipl_pipe.asset.store import AssetStore

NAME = "asset_store"
FORMAT = "pipl-places/1"


@dataclass(frozen=True)
class RemotePlace:
    """A bucket or folder that revisions are pushed to and pulled from.

    `publish`: product wheels are uploaded only after their assets are verified here; `read`:
    what the store lacks is looked for here. `limit_mb_s` is in 10^6 bytes per second.
    """

    name: str
    url: str
    endpoint: str = ""
    region: str = ""
    publish: bool = True
    read: bool = True
    jobs: int = 8
    limit_mb_s: Optional[float] = None


@dataclass(frozen=True)
class Places:
    """All the places of one workspace, on this machine.

    `store` is the folder of the project's store, None where this machine does not see the
    project; `parents` says that the folders above may be made; `required` that the store is a
    share that has to be mounted here. `cache_first` says that the cache was asked for, so that
    it also stands before a store on another file system than the workspace. `cache_bytes`:
    None is the cache's own rule. `server` is the URL of the project's server; `algorithm` is
    empty for the default one; `records` is a folder of this
    machine that remembers what stores and remotes hold; losing it costs time only.
    """

    project: str
    workspace: Path
    store: Optional[Path]
    cache: Path
    server: str = ""
    parents: bool = True
    required: bool = False
    cache_first: bool = False
    cache_bytes: Optional[int] = None
    remotes: Tuple[RemotePlace, ...] = ()
    view: Tuple[str, ...] = DEFAULT_WAYS
    algorithm: str = ""
    records: Optional[Path] = None

    def remote(self, name: str) -> RemotePlace:
        """The remote of that name. Raises KeyError."""
        return {one.name: one for one in self.remotes}[name]

    def to_json(self) -> Dict[str, Any]:
        """A JSON table that `from_json` reads."""
        return {
            **asdict(self),
            "format": FORMAT,
            "workspace": str(self.workspace),
            "store": None if self.store is None else str(self.store),
            "cache": str(self.cache),
            "records": None if self.records is None else str(self.records),
            "view": list(self.view),
            "remotes": [asdict(one) for one in self.remotes],
        }


def from_json(table: Any) -> Places:
    """Read what `Places.to_json` wrote. Raises InvalidConfig."""
    try:
        given = dict(table)
        if given.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        store, records = given["store"], given["records"]
        return Places(
            **{
                **given,
                "workspace": Path(given["workspace"]),
                "store": None if store is None else Path(store),
                "cache": Path(given["cache"]),
                "records": None if records is None else Path(records),
                "view": tuple(map(str, given["view"])),
                "remotes": tuple(RemotePlace(**one) for one in given["remotes"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        problem = f"the places cannot be read: {type(fault).__name__}: {fault}"
        raise InvalidConfig(NAME, (problem,)) from fault


def open_store(places: Places, progress: Optional[Progress] = None) -> AssetStore:
    """The chain of these places as one store; nothing is reached before it is needed."""
    from pipl_pipe.asset.places import chain

    return chain.open_store(places, progress)


@contextlib.contextmanager
def opened(places: Places, progress: Optional[Progress] = None) -> Iterator[AssetStore]:
    """`open_store`, its connections given up afterwards."""
    from pipl_pipe.asset.stores.through import ThroughStore

    store = open_store(places, progress)
    try:
        yield store
    finally:
        if isinstance(store, ThroughStore):
            store.close()


def open_remote(place: RemotePlace, records: Optional[Path] = None) -> BucketRemote:
    """A remote, to be closed by the caller; `records` are those of its Places.

    Raises LibraryMissing, InvalidBucket.
    """
    from pipl_pipe.asset.places import chain

    return chain.open_remote(place, records)


def transfer_of(place: RemotePlace, progress: Optional[Progress] = None) -> Transfer:
    """How to transfer to and from a remote, as its configuration says."""
    from pipl_pipe.asset.places import chain

    return chain.transfer_of(place, progress)
