"""Where an asset is: the store, this machine's cache, the remotes; and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipl.asset import difference, moving
from pipl.asset.difference import Group
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places
from pipl_pipe.asset.reference import Reference
from pipl_pipe.errors import AssetError


@dataclass(frozen=True)
class Whereabout:
    """One place; `has` is None where it could not be asked, for the reason given."""

    place: str
    kind: str
    has: bool | None
    reason: str = ""


def of_asset(places: Places, reference: Reference) -> list[Whereabout]:
    """Every place that is configured, asked for all of the asset."""
    found = []
    if places.store is not None:
        found.append(_in_folder(places.store, "store", reference))
    found.append(_in_folder(places.cache, "cache", reference))
    for place in places.remotes:
        try:
            with moving.opened(place) as remote:
                found.append(Whereabout(place.name, "remote", remote.has(reference)))
        except AssetError as fault:
            found.append(Whereabout(place.name, "remote", None, str(fault)))
    return found


def made_of(near: list[Objects], reference: Reference) -> tuple[Group, ...]:
    """The files of an asset, frames as ranges; none where no folder here holds the manifest."""
    if reference.shape == "file":
        return (Group(reference.basename, "", 1, reference.size),)
    for objects in near:
        try:
            listed = objects.manifest(reference, asset=reference.name)
        except AssetError:
            continue
        return difference.in_groups(listed.entries)
    return ()


def _in_folder(root: Path, kind: str, reference: Reference) -> Whereabout:
    whole = moving.is_whole(Objects(root, str(root)), reference)
    return Whereabout(str(root), kind, whole)
