"""Reading assets again, where they are near or at a remote; every fault is listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipl.asset import remotes
from pipl.asset.selection import Selected
from pipl.asset.upkeep.reading import compared
from pipl.errors.asset import NoStore
from pipl.progress import Counted, Progress
from pipl_pipe.asset import places as opening
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places
from pipl_pipe.errors import AssetDamaged, AssetMissing

NOT_THERE = "it is not there"


@dataclass(frozen=True)
class VerifyFault:
    """`references` are the assets that need what is damaged or missing."""

    what: str
    references: tuple[str, ...]


@dataclass
class Verified:
    assets: int = 0
    objects: int = 0
    size: int = 0
    faults: list[VerifyFault] = field(default_factory=list)


def in_store(chosen: Iterable[Selected], near: Objects, progress: Progress) -> Verified:
    """Read every object of the assets again, each once, on all cores. Raises NoStore."""
    if not near.root.is_dir():
        raise NoStore(str(near.root), "there is no such folder")
    result = Verified()
    wanted: dict[Digest, int] = {}
    users: dict[Digest, list[str]] = {}
    wrong: dict[str, list[str]] = {}
    progress.phase("reading manifests")
    for one in chosen:
        result.assets += 1
        for digest, size in _objects(one, near, wrong):
            users.setdefault(digest, []).append(one.label)
            wanted[digest] = size
    progress.phase(f"reading {len(wanted)} objects")
    result.size, result.objects = sum(wanted.values()), len(wanted)
    done = 0
    for digest, size, problem in compared(near, wanted.items()):
        done += size
        progress.advance(done, result.size)
        if not problem and not near.has(digest):
            problem = NOT_THERE
        if problem:
            wrong.setdefault(f"{digest}: {problem}", []).extend(users[digest])
    result.faults = _faults(wrong)
    return result


def at_remote(
    chosen: Iterable[Selected], places: Places, name: str, progress: Progress
) -> Verified:
    """Read all that a remote holds of the assets. Raises UnknownRemote, StoreUnreachable, …."""
    result = Verified()
    (place,) = remotes.meant(places, name, doing=remotes.PULLING)
    wrong: dict[str, list[str]] = {}
    by_revision: dict[str, list[Selected]] = {}
    for one in chosen:
        by_revision.setdefault(one.reference.revision, []).append(one)
    counted = Counted(progress)
    transfer = opening.transfer_of(place, counted)
    with remotes.opened(place) as remote:
        for users in by_revision.values():
            result.assets += 1
            progress.phase(f"reading {users[0].label} at {place.name}")
            try:
                remote.verify(users[0].reference, transfer)
            except (AssetMissing, AssetDamaged) as fault:
                wrong[str(fault)] = [one.label for one in users]
    result.size, result.objects = counted.size, counted.objects
    result.faults = _faults(wrong)
    return result


def _objects(one: Selected, near: Objects, wrong: dict[str, list[str]]) -> list[tuple[Digest, int]]:
    """The objects that are there in their size; what is not goes to `wrong`."""
    reference = one.reference
    found = [(reference.digest, reference.size)]
    if reference.shape != "file":
        try:
            listed = near.manifest(reference, asset=reference.name)
        except (AssetMissing, AssetDamaged) as fault:
            wrong.setdefault(_problem(reference.digest, fault), []).append(one.label)
            return []
        found = [(entry.digest, entry.size) for entry in listed.entries]
    if reference.picture is not None:
        found.append((reference.picture.digest, reference.picture.size))
    there = []
    for digest, size in found:
        try:
            near.present(digest, size=size, asset=reference.name)
        except (AssetMissing, AssetDamaged) as fault:
            wrong.setdefault(_problem(digest, fault), []).append(one.label)
        else:
            there.append((digest, size))
    return there


def _problem(digest: Digest, fault: AssetMissing | AssetDamaged) -> str:
    """The same for every asset that needs the object."""
    return f"{digest}: {fault.found if isinstance(fault, AssetDamaged) else NOT_THERE}"


def _faults(wrong: dict[str, list[str]]) -> list[VerifyFault]:
    return [VerifyFault(what, tuple(sorted(set(users)))) for what, users in wrong.items()]
