"""The remotes of a project as this machine sees it: which there are, and opening them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pipl.errors.asset import NoRemote, UnknownRemote
from pipl_pipe.asset import places as opening
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places, RemotePlace
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Remote
from pipl_pipe.errors import AssetError

PUSHING, PULLING = "publish", "read"


@dataclass(frozen=True)
class Speed:
    """What the command line says instead of the configuration; None: as that says."""

    jobs: int | None = None
    limit_mb_s: float | None = None

    def of(self, place: RemotePlace) -> RemotePlace:
        given = {key: value for key, value in vars(self).items() if value is not None}
        return dataclasses.replace(place, **given)


@dataclass(frozen=True)
class ServerPlace(RemotePlace):
    """The project's server, which stands for the store where that is not seen."""


@dataclass(frozen=True)
class Answer:
    """Whether a remote has all of an asset; None where it could not be asked, for the reason."""

    place: RemotePlace
    has: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Reached:
    """A remote and whether it answers; `reason` says why it does not."""

    place: RemotePlace
    answers: bool
    reason: str = ""


def all_of(places: Places) -> tuple[RemotePlace, ...]:
    """Those that are configured; before them the server, where the store is not seen."""
    if places.store is not None or not places.server:
        return places.remotes
    return (ServerPlace("server", places.server), *places.remotes)


def meant(places: Places, name: str | None, *, doing: str) -> tuple[RemotePlace, ...]:
    """The remote of that name, else all that are published to, or read from.

    Raises UnknownRemote, NoRemote.
    """
    if name is not None:
        known = {one.name: one for one in all_of(places)}
        if name not in known:
            raise UnknownRemote(name, tuple(known))
        return (known[name],)
    found = tuple(one for one in all_of(places) if getattr(one, doing))
    if not found:
        raise NoRemote("publish to" if doing == PUSHING else "read from")
    return found


@contextmanager
def opened(place: RemotePlace) -> Iterator[Remote]:
    """Raises StoreUnreachable, LibraryMissing, InvalidBucket."""
    is_server = isinstance(place, ServerPlace)
    remote: Remote = opening.open_server(place.url) if is_server else opening.open_remote(place)
    try:
        yield remote
    finally:
        remote.close()


def reach(places: Places) -> list[Reached]:
    """Ask every remote whether it is there."""
    probe = Reference("asset", "File", "asset", "file", f"sha256:{'0' * 64}", 1)
    return [Reached(one.place, one.has is not None, one.reason) for one in ask(places, probe)]


def ask(places: Places, reference: Reference) -> list[Answer]:
    """What each remote says of an asset; all are asked at once, for some may take long."""
    found = all_of(places)
    with ThreadPoolExecutor(max(1, len(found))) as pool:
        return list(pool.map(partial(_ask, reference), found))


def _ask(reference: Reference, place: RemotePlace) -> Answer:
    try:
        with opened(place) as remote:
            return Answer(place, remote.has(reference))
    except AssetError as fault:
        return Answer(place, None, str(fault))


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
