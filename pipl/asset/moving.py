"""Sending assets to remotes and fetching them, one after the other, each with many jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipl.asset.selection import Selected
from pipl.errors import NoRemote, UnknownRemote
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
    StoreUnreachable,
)

if TYPE_CHECKING:
    from pipl_pipe.asset.cache.room import Cache

PUSHING, PULLING = "publish", "read"
_ABOUT_REMOTE = (StoreUnreachable, StoreForbidden, LibraryMissing, InvalidBucket)


@dataclass(frozen=True)
class Speed:
    """What the command line says instead of the configuration; None: as that says."""

    jobs: int | None = None
    limit_mb_s: float | None = None

    def of(self, place: RemotePlace) -> RemotePlace:
        given = {key: value for key, value in vars(self).items() if value is not None}
        return dataclasses.replace(place, **given)


@dataclass
class Moved:
    """What travelled, in bytes and objects; `skipped` assets were there already."""

    remote: str
    assets: int = 0
    skipped: int = 0
    size: int = 0
    objects: int = 0


@dataclass(frozen=True)
class Reached:
    """A remote and whether it answers; `reason` says why it does not."""

    place: RemotePlace
    answers: bool
    reason: str = ""


def remotes(places: Places, name: str | None, *, doing: str) -> tuple[RemotePlace, ...]:
    """The remote of that name, else all that are published to, or read from.

    Raises UnknownRemote, NoRemote.
    """
    if name is not None:
        known = {one.name: one for one in places.remotes}
        if name not in known:
            raise UnknownRemote(name, tuple(known))
        return (known[name],)
    found = tuple(one for one in places.remotes if getattr(one, doing))
    if not found:
        raise NoRemote("publish to" if doing == PUSHING else "read from")
    return found


@contextmanager
def opened(place: RemotePlace) -> Iterator[Remote]:
    """Raises StoreUnreachable, LibraryMissing, InvalidBucket."""
    remote = opening.open_remote(place)
    try:
        yield remote
    finally:
        remote.close()


def push(
    chosen: Iterable[Selected], near: Objects, place: RemotePlace, progress: Progress
) -> Moved:
    """Send what the remote lacks. Raises AssetMissing, StoreReadOnly, StoreUnreachable, …."""
    with opened(place) as remote:
        send = partial(_send, remote, near)
        return _move(chosen, place, remote.has, send, "sending", progress)


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
            with opened(place) as remote:
                fetch = _Fetch(remote, near, faults)
                whole = partial(is_whole, near)
                moved.append(_move(missing, place, whole, fetch, "fetching", progress))
        except _ABOUT_REMOTE as fault:
            faults.append(fault)
        missing = [one for one in missing if not all(is_whole(near, each) for each in _parts(one))]
        if not missing:
            return moved
    if faults:
        raise faults[-1]
    raise AssetMissing(missing[0].reference.revision, near.name, missing[0].reference.name)


@dataclass(frozen=True)
class _Fetch:
    """Pulling; what one remote cannot give is noted, to be asked for elsewhere."""

    remote: Remote
    near: Objects
    faults: list[AssetError]

    def __call__(self, reference: Reference, transfer: Transfer) -> bool:
        try:
            self.remote.pull(reference, self.near, transfer)
        except (AssetMissing, AssetDamaged) as fault:
            self.faults.append(fault)
            return False
        return True


def _send(remote: Remote, near: Objects, reference: Reference, transfer: Transfer) -> bool:
    remote.push(reference, near, transfer)
    return True


def is_whole(near: Objects, reference: Reference) -> bool:
    """Whether all of an asset is in a store, by its sizes."""
    if reference.shape == "file":
        return near.has(reference.digest, reference.size)
    try:
        listed = near.manifest(reference, asset=reference.name)
    except AssetError:
        return False
    return all(near.has(entry.digest, entry.size) for entry in listed.entries)


def reach(places: Places) -> list[Reached]:
    """Ask every remote whether it is there."""
    probe = Reference("asset", "File", "asset", "file", f"sha256:{'0' * 64}", 1)
    found = []
    for place in places.remotes:
        try:
            with opened(place) as remote:
                remote.has(probe)
            found.append(Reached(place, answers=True))
        except AssetError as fault:
            found.append(Reached(place, answers=False, reason=str(fault)))
    return found


@contextmanager
def sources(places: Places) -> Iterator[list[Remote]]:
    """Where lost objects may be had from: this machine's cache, then the remotes read from."""
    from pipl_pipe.asset.remotes.store import StoreRemote

    found: list[Remote] = []
    if places.cache.is_dir() and places.store is not None:
        found.append(StoreRemote(Objects(places.cache, f"the cache {places.cache}")))
    try:
        for place in places.remotes:
            if place.read:
                try:
                    found.append(opening.open_remote(place))
                except AssetError:
                    continue  # `pipl asset remotes` says why
        yield found
    finally:
        for remote in found:
            remote.close()


def cache_of(places: Places) -> Cache:
    """This machine's cache, as these places bound it."""
    from pipl_pipe.asset.cache.room import Cache

    objects = Objects(places.cache, f"cache {places.cache}", parents=True)
    return Cache(objects, places.cache_bytes)


def _move(
    chosen: Iterable[Selected],
    place: RemotePlace,
    is_there: Callable[[Reference], bool],
    move: Callable[[Reference, Transfer], bool],
    doing: str,
    progress: Progress,
) -> Moved:
    moved = Moved(place.name)
    counted = Counted(progress)
    transfer = opening.transfer_of(place, counted)
    done: set[str] = set()
    for one in chosen:
        progress.phase(f"{doing} {one.product or one.reference.revision[:19]}/{one.reference.name}")
        for part in _parts(one):
            if part.revision in done:
                continue
            done.add(part.revision)
            if is_there(part):
                moved.skipped += part is one.reference
                continue
            moved.assets += move(part, transfer) and part is one.reference
    moved.size, moved.objects = counted.size, counted.objects
    return moved


def _parts(one: Selected) -> tuple[Reference, ...]:
    """The asset, and its thumbnail."""
    picture = one.reference.picture
    return (one.reference,) if picture is None else (one.reference, picture)
