"""Pushing what a bucket has lost of an asset, or holds damaged."""

from __future__ import annotations

from typing import AbstractSet, Dict, Optional

from pipl_pipe.asset.bucket import Bucket
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import whereabouts
from pipl_pipe.asset.remotes.bucket.checking import Findings, check, verify
from pipl_pipe.asset.remotes.bucket.cutting import Split
from pipl_pipe.asset.remotes.bucket.fetching import Source
from pipl_pipe.asset.remotes.bucket.held import Held
from pipl_pipe.asset.remotes.bucket.known import Known
from pipl_pipe.asset.remotes.bucket.sending import Push
from pipl_pipe.asset.remotes.bucket.whereabouts import Spot
from pipl_pipe.asset.transfer import Traffic
from pipl_pipe.asset.transfer.pack import Member, Pack
from pipl_pipe.errors import AssetDamaged, AssetMissing, NotInBucket

_ATTEMPTS = 3


def mend(
    bucket: Bucket,
    known: Known,
    near: Objects,
    traffic: Traffic,
    reference: Reference,
    split: Split,
) -> None:
    """Read all of an asset there, and send what is lost or damaged, until nothing is.

    Raises as a push does, and AssetMissing or AssetDamaged about a bucket that cannot be mended.
    """
    source = Source(bucket, traffic)
    for _ in range(_ATTEMPTS):
        found = check(source, near, reference)
        if found.is_whole:
            return
        held = Held(bucket, known, traffic)
        push = Push(bucket, held, near, traffic, split=split)
        held.doubt((), found.broken)
        mended = _write_again(push, held, near, found)
        held.believe({**found.spots, **mended}, {**found.packs, **held.sizes})
        held.doubt(found.lost - set(mended))
        push.push(reference)
    verify(source, reference)


def _write_again(push: Push, held: Held, near: Objects, found: Findings) -> Dict[Digest, Spot]:
    """Broken packs, as far as all that was in them is near: they serve other assets, too."""
    mended: Dict[Digest, Spot] = {}
    for name, members in found.broken.items():
        one = _whole_pack(held, name, members)
        if one is not None and all(near.has(*member) for member in one.members):
            try:
                mended.update(push.send_pack(one))
            except (AssetMissing, AssetDamaged):
                continue  # of what the asset needs, a push says so
    return mended


def _whole_pack(held: Held, name: str, members: AbstractSet[Member]) -> Optional[Pack]:
    """A pack of which some members are known; None where its index is lost, too."""
    one = Pack.of(members)
    if one.name == name:
        return one
    key = whereabouts.index_key(name)
    size = held.size(key)
    try:
        return None if size is None else held.index(name, key, size)
    except (AssetDamaged, NotInBucket):
        return None
