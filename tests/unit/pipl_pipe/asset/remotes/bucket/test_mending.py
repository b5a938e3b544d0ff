"""A push that checks, after what is in the bucket was lost or damaged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List, Optional

import pytest

from pipl_pipe.asset.bucket import Pieces
from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.asset.digest import of_bytes
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.bucket import BucketRemote, whereabouts
from pipl_pipe.errors import AssetDamaged
from pipl_pipe.testing.asset_remote import Count, add, many_files

from .conftest import large, verified


def packs(bucket: MemoryBucket) -> List[str]:
    return sorted(one for one in bucket.content if one.startswith("packs") and "." not in one)


def spoil(bucket: MemoryBucket, key: str) -> None:
    content = bytearray(bucket.content[key])
    for at in (len(content) // 2, len(content) - 100):  # of which one may be of no use any more
        content[at] ^= 1
    bucket.content[key] = bytes(content)


@pytest.mark.parametrize("fault", ["lost", "damaged", "cut", "no index"])
def test_a_pack_is_written_again_whole(
    remote: BucketRemote, bucket: MemoryBucket, near: Objects, tmp_path: Path, fault: str
) -> None:
    source = many_files(tmp_path / "source", 200)
    first = add(near, source)
    remote.push(first, near)
    whole = dict(bucket.content)
    (source / "points.7.bgeo").write_bytes(os.urandom(2000))
    second = add(near, source)
    remote.push(second, near)
    key = packs(bucket)[0]
    if fault == "lost":
        del bucket.content[key]
    elif fault == "cut":
        bucket.content[key] = bucket.content[key][:-200]
    else:
        spoil(bucket, key)
    if fault == "no index":
        del bucket.content[f"{key}.index"]
    remote.push(second, near)
    with pytest.raises(AssetDamaged):
        remote.verify(second)
    remote.push(second, near, check=True)
    remote.verify(second)
    if fault != "no index" or key not in whole:
        remote.verify(first)  # which needs the same pack


def test_what_is_whole_is_read_and_nothing_is_written(
    remote: BucketRemote, bucket: MemoryBucket, near: Objects, tmp_path: Path
) -> None:
    reference = add(near, many_files(tmp_path / "source", 200))
    remote.push(reference, near)
    before = dict(bucket.content)
    count = Count()
    remote.push(reference, near, Transfer(progress=count), check=True)
    assert all(bucket.content[key] is content for key, content in before.items())
    assert len(bucket.content) == len(before)
    assert count.expected == count.advanced == reference.size


def test_members_of_a_pack_that_is_not_all_near_lie_elsewhere_then(
    remote: BucketRemote, bucket: MemoryBucket, near: Objects, tmp_path: Path
) -> None:
    source = many_files(tmp_path / "source", 40)
    remote.push(add(near, source), near)
    gone = sorted(source.iterdir())[:20]
    for path in gone:
        near.path(of_bytes(path.read_bytes())).unlink()
        path.unlink()
    reference = add(near, source)
    remote.push(reference, near)
    (key,) = packs(bucket)
    del bucket.content[key]
    remote.push(reference, near, check=True)
    remote.verify(reference)
    assert key not in bucket.content


@pytest.mark.parametrize("prefix", ["objects", "parts", "revisions"])
@pytest.mark.parametrize("is_lost", [True, False])
def test_large_files(
    remote: BucketRemote,
    bucket: MemoryBucket,
    near: Objects,
    far: Objects,
    tmp_path: Path,
    prefix: str,
    is_lost: bool,
) -> None:
    reference = large(tmp_path, near)
    remote.push(reference, near)
    for key in [one for one in bucket.content if one.startswith(prefix)]:
        if is_lost:
            del bucket.content[key]
        else:
            spoil(bucket, key)
    remote.push(reference, near, check=True)
    remote.pull(reference, far)
    assert verified(far, reference)


def test_parts_of_another_object_are_found_out(
    remote: BucketRemote, bucket: MemoryBucket, near: Objects, far: Objects, tmp_path: Path
) -> None:
    reference = large(tmp_path, near)
    remote.push(reference, near)
    key = whereabouts.parts_key(reference.digest)
    head, line, listing = bucket.content[key].split(b"\n", 2)
    swapped = listing[41:82] + listing[:41] + listing[82:]
    bucket.content[key] = b"\n".join((head, line, swapped))
    with pytest.raises(AssetDamaged, match="there"):
        remote.pull(reference, far)
    remote.push(reference, near, check=True)
    remote.pull(reference, far)
    assert verified(far, reference)


def test_a_bucket_that_damages_all_is_given_up(near: Objects, tmp_path: Path) -> None:
    class Spoiling(MemoryBucket):
        def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
            for piece in super().read(key, start, length):
                yield piece[:-100] + bytes(100) if key.startswith("packs") else piece

    reference = add(near, many_files(tmp_path / "source", 20))
    with pytest.raises(AssetDamaged):
        BucketRemote(Spoiling("there")).push(reference, near, check=True)


def test_what_is_damaged_near_mends_nothing(
    remote: BucketRemote, bucket: MemoryBucket, near: Objects, tmp_path: Path
) -> None:
    reference = add(near, many_files(tmp_path / "source", 20))
    remote.push(reference, near)
    spoil(bucket, packs(bucket)[0])
    for entry in near.manifest(reference, asset="").entries:
        path = near.path(entry.digest)
        path.chmod(0o644)
        path.write_bytes(bytes(entry.size))
    with pytest.raises(AssetDamaged, match="near"):
        remote.push(reference, near, check=True)
