"""Sending assets to remotes and fetching them, one after the other, each with many jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipl.asset import remotes
from pipl.asset.selection import Selected
from pipl.progress import Counted, Progress
from pipl_pipe.asset import places as opening
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places, RemotePlace
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Remote, Transfer
from pipl_pipe.errors import (
    AssetDamaged,
    AssetError,
    AssetMissing,
    InvalidBucket,
    LibraryMissing,
    StoreForbidden,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from pipl_pipe.asset.cache.room import Cache

_ABOUT_REMOTE = (StoreUnreachable, StoreForbidden, LibraryMissing, InvalidBucket)


@dataclass
class Moved:
    """What travelled, in bytes and objects; `skipped` assets were there already.

    `faults` say what could not be sent, or why nothing could.
    """

    remote: str
    assets: int = 0
    skipped: int = 0
    size: int = 0
    objects: int = 0
    faults: list[AssetError] = dataclasses.field(default_factory=list)


def push(
    chosen: Iterable[Selected],
    near: Objects,
    places: Sequence[RemotePlace],
    progress: Progress,
    *,
    check: bool = False,
) -> list[Moved]:
    """Send what each remote lacks; what cannot be sent is noted, and all else is sent.

    With `check` what is there is read, too, and sent again where it is damaged.
    """
    send = partial(_checked if check else _send, near)
    assets = list(chosen)
    return [_push(assets, place, send, progress, check=check) for place in places]


def _push(
    chosen: list[Selected],
    place: RemotePlace,
    send: Callable[[Remote, Reference, Transfer], None],
    progress: Progress,
    *,
    check: bool,
) -> Moved:
    moved = Moved(place.name)
    try:
        with remotes.opened(place) as remote:
            is_there = _never if check else remote.has
            each = _Each(partial(send, remote), moved.faults)
            _move(moved, chosen, place, is_there, each, "sending", "to", progress)
    except (*_ABOUT_REMOTE, StoreReadOnly, StoreFull) as fault:
        moved.faults.append(fault)
    return moved


def pull(
    chosen: Iterable[Selected], near: Objects, places: Sequence[RemotePlace], progress: Progress
) -> list[Moved]:
    """Fetch what `near` lacks, each from the first remote that has it.

    Raises what the last one said of an asset that none could give; StoreFull.
    """
    missing = list(chosen)
    moved: list[Moved] = []
    faults: list[AssetError] = []
    for place in places:
        try:
            with remotes.opened(place) as remote:
                fetch = _Each(partial(_fetch, remote, near), faults)
                whole = partial(is_whole, near)
                moved.append(Moved(place.name))
                _move(moved[-1], missing, place, whole, fetch, "fetching", "from", progress)
        except _ABOUT_REMOTE as fault:
            faults.append(fault)
        missing = [one for one in missing if not all(is_whole(near, each) for each in _parts(one))]
        if not missing:
            return moved
    if faults:
        raise faults[-1]
    raise AssetMissing(missing[0].reference.revision, near.name, missing[0].reference.name)


@dataclass(frozen=True)
class _Each:
    """Moves one asset after the other; whether each did, and what is the matter where not."""

    move: Callable[[Reference, Transfer], None]
    faults: list[AssetError]

    def __call__(self, reference: Reference, transfer: Transfer) -> bool:
        try:
            self.move(reference, transfer)
        except (AssetMissing, AssetDamaged) as fault:
            self.faults.append(fault)
            return False
        return True


def _send(near: Objects, remote: Remote, reference: Reference, transfer: Transfer) -> None:
    remote.push(reference, near, transfer)


def _checked(near: Objects, remote: Remote, reference: Reference, transfer: Transfer) -> None:
    remote.push(reference, near, transfer, check=True)


def _never(reference: Reference) -> bool:
    return False


def _fetch(remote: Remote, near: Objects, reference: Reference, transfer: Transfer) -> None:
    remote.pull(reference, near, transfer)


def is_whole(near: Objects, reference: Reference) -> bool:
    """Whether all of an asset is in a store, by its sizes."""
    if reference.shape == "file":
        return near.has(reference.digest, reference.size)
    try:
        listed = near.manifest(reference, asset=reference.name)
    except AssetError:
        return False
    return all(near.has(entry.digest, entry.size) for entry in listed.entries)


def cache_of(places: Places) -> Cache:
    """This machine's cache, as these places bound it."""
    from pipl_pipe.asset.cache.room import Cache

    objects = Objects(places.cache, f"cache {places.cache}", parents=True)
    return Cache(objects, places.cache_bytes)


def _move(
    moved: Moved,
    chosen: Iterable[Selected],
    place: RemotePlace,
    is_there: Callable[[Reference], bool],
    move: _Each,
    doing: str,
    way: str,
    progress: Progress,
) -> None:
    """Counts in `moved`."""
    counted = Counted(progress)
    transfer = opening.transfer_of(place, counted)
    done: set[str] = set()
    for one in chosen:
        progress.phase(f"{doing} {one.label} {way} {place.name}")
        for part in _parts(one):
            if part.revision in done:
                continue
            done.add(part.revision)
            if is_there(part):
                moved.skipped += part is one.reference
                continue
            moved.assets += move(part, transfer) and part is one.reference
            moved.size, moved.objects = counted.size, counted.objects


def _parts(one: Selected) -> tuple[Reference, ...]:
    """The asset, and its thumbnail."""
    picture = one.reference.picture
    return (one.reference,) if picture is None else (one.reference, picture)
