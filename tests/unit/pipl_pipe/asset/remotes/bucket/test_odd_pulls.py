"""Pulls of odd assets, from odd buckets, while things are swept."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from pipl_pipe.asset.bucket import open_bucket
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.bucket import BucketRemote, cutting, whereabouts
from pipl_pipe.errors import AssetDamaged, AssetMissing
from pipl_pipe.testing.asset_remote import Count, add, many_files

from .conftest import verified


def test_more_large_files_than_may_be_open(
    remote: BucketRemote,
    near: Objects,
    far: Objects,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutting, "PART_BYTES", 500)
    reference = add(near, many_files(tmp_path / "source", 300, 1000))
    remote.push(reference, near)
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len([*Path("/dev/fd").iterdir()]) + 130, before[1]))
    try:
        remote.pull(reference, far)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert verified(far, reference)


def test_a_part_that_repeats_is_read_once(
    remote: BucketRemote, near: Objects, far: Objects, tmp_path: Path
) -> None:
    (tmp_path / "zeros.vdb").write_bytes(bytes(20_000_000))
    reference = add(near, tmp_path / "zeros.vdb")
    remote.push(reference, near)
    count = Count()
    remote.pull(reference, far, Transfer(progress=count))
    assert count.expected == count.advanced == 5_000_000


def test_an_object_that_is_also_a_part(
    remote: BucketRemote, near: Objects, far: Objects, tmp_path: Path
) -> None:
    source = many_files(tmp_path / "source", 1, 5_000_000)
    part = (source / "points.0.bgeo").read_bytes()
    (source / "large.vdb").write_bytes(part + os.urandom(5_000_000))
    reference = add(near, source)
    remote.push(reference, near)
    remote.pull(reference, far)
    assert verified(far, reference)


@pytest.mark.parametrize("call", ["pull", "again"])
def test_what_is_swept_meanwhile_is_noticed(
    remote: BucketRemote,
    near: Objects,
    far: Objects,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
) -> None:
    reference = add(near, many_files(tmp_path / "source", 20))
    remote.push(reference, near)
    if call == "again":
        remote.pull(reference, far)
    batch = Objects.batch
    victim = near.manifest(reference, asset="").entries[3].digest

    def swept(objects: Objects) -> object:
        if far.has(victim):
            far.path(victim).unlink()
        return batch(objects)

    monkeypatch.setattr(Objects, "batch", swept)
    with pytest.raises(AssetMissing):
        remote.pull(reference, far)


def test_what_is_all_here_needs_no_writing(
    remote: BucketRemote,
    near: Objects,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = add(near, many_files(tmp_path / "source", 3))
    remote.push(reference, near)

    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(files, "expect_writable", refuse)
    remote.pull(reference, near)


@pytest.mark.parametrize("offset", [2**63, 2**64 - 1, 2**40])
def test_offsets_beyond_all_files(near: Objects, far: Objects, tmp_path: Path, offset: int) -> None:
    reference = add(near, many_files(tmp_path / "source", 3))
    remote = BucketRemote(open_bucket(str(tmp_path / "folder")))
    remote.push(reference, near)
    path = tmp_path / "folder" / whereabouts.revision_key(reference.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-8] + offset.to_bytes(8, "big"))
    with pytest.raises(AssetDamaged):
        remote.pull(reference, far)


@pytest.mark.parametrize("size", [-1, 2**63, 2**70])
def test_sizes_of_packs_that_cannot_be(
    near: Objects, far: Objects, tmp_path: Path, size: int
) -> None:
    reference = add(near, many_files(tmp_path / "source", 3))
    remote = BucketRemote(open_bucket(str(tmp_path / "folder")))
    remote.push(reference, near)
    path = tmp_path / "folder" / whereabouts.revision_key(reference.digest)
    path.chmod(0o644)
    start, line, rest = path.read_bytes().split(b"\n", 2)
    head = json.loads(line)
    head["packs"][0][1] = size
    path.write_bytes(b"\n".join((start, json.dumps(head).encode(), rest)))
    with pytest.raises(AssetDamaged):
        remote.pull(reference, far)
