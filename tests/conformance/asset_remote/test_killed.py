"""Pushes and pulls that are killed at any moment leave nothing wrong, and go on."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.asset.digest import of_file
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.testing.asset_remote import Count, add, many_files

KILLS = 10
TRANSFER_S = 1.2
SIZE = 24_000_000
CHILD = """
import sys
from pathlib import Path
from pipl_pipe.asset.remotes.bucket import cutting, sending
from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.bucket import BucketRemote

sending.PACK_BYTES, cutting.PART_BYTES = 1_000_000, 4_200_000
what, bucket, records, store, revision, size, limit = sys.argv[1:]
remote = BucketRemote(FolderBucket(Path(bucket)), records=Path(records))
reference = Reference("shot", "Folder", "shot", "folder", revision, int(size))
near = Objects(Path(store), "near", parents=True)
print("go", flush=True)
getattr(remote, what)(reference, near, Transfer(jobs=3, limit_bytes_s=int(limit)))
"""


@pytest.fixture
def near(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "near", "near", parents=True)


@pytest.fixture
def reference(near: Objects, tmp_path: Path) -> Reference:
    source = many_files(tmp_path / "source", 240, 50_000)
    (source / "cache.abc").write_bytes(os.urandom(12_000_000))
    return add(near, source)


def killed(what: str, tmp_path: Path, store: Objects, reference: Reference, after_s: float) -> bool:
    """Run the child and kill it; whether it had ended before."""
    command = [sys.executable, "-c", CHILD, what, str(tmp_path / "bucket")]
    command += [str(tmp_path / "records"), str(store.root), reference.revision]
    command += [str(reference.size), str(int(SIZE / TRANSFER_S))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"go\n"
        time.sleep(after_s)
        child.kill()
        return child.wait() == 0


def moments() -> list[float]:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    return [random.Random(seed + number).uniform(0, TRANSFER_S) for number in range(KILLS)]


def test_a_push_that_is_killed_goes_on(near: Objects, reference: Reference, tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path / "bucket")
    remote = BucketRemote(bucket, records=tmp_path / "records")
    for moment in moments():
        if killed("push", tmp_path, near, reference, moment):
            break
        whole = dict(bucket.keys("objects"))
        for key in whole:
            algorithm, shard, rest = key.split("/")[1:]
            assert of_file(bucket.root / key, algorithm).hex == shard + rest
        if remote.has(reference):
            remote.verify(reference)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipl_pipe.asset.remotes.bucket.sending.PACK_BYTES", 1_000_000)
        patch.setattr("pipl_pipe.asset.remotes.bucket.cutting.PART_BYTES", 4_200_000)
        was_there = sum(size for _, size in bucket.keys("packs"))
        was_there += sum(size for _, size in bucket.keys("objects"))
        remote.push(reference, near)
    remote.verify(reference)
    far = Objects(tmp_path / "far", "far", parents=True)
    remote.pull(reference, far)
    FolderStore(far.root).verify(reference)
    total = sum(size for prefix in ("packs", "objects") for _, size in bucket.keys(prefix))
    assert was_there > 0
    assert total < reference.size * 1.3


def test_a_pull_that_is_killed_goes_on(near: Objects, reference: Reference, tmp_path: Path) -> None:
    remote = BucketRemote(FolderBucket(tmp_path / "bucket"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipl_pipe.asset.remotes.bucket.sending.PACK_BYTES", 1_000_000)
        patch.setattr("pipl_pipe.asset.remotes.bucket.cutting.PART_BYTES", 4_200_000)
        remote.push(reference, near)
    far = Objects(tmp_path / "far", "far", parents=True)
    for moment in moments():
        if killed("pull", tmp_path, far, reference, moment):
            break
        for digest in far.digests():
            assert of_file(far.path(digest), digest.algorithm) == digest
        if far.has(reference.digest):
            FolderStore(far.root).verify(reference)
    count = Count()
    remote.pull(reference, far, Transfer(progress=count))
    FolderStore(far.root).verify(reference)
    assert count.advanced < reference.size
    left = [path for path in (far.root / "tmp").rglob("*") if path.is_file()]
    assert [path for path in left if not path.parent.name.startswith(".starting-")] == []


@pytest.mark.parametrize("what", ["push", "pull"])
def test_an_interrupted_transfer_ends_soon_and_cleans_up(
    near: Objects, reference: Reference, tmp_path: Path, what: str
) -> None:
    import signal

    store = near
    if what == "pull":
        BucketRemote(FolderBucket(tmp_path / "bucket")).push(reference, near)
        store = Objects(tmp_path / "far", "far", parents=True)
    command = [sys.executable, "-c", CHILD, what, str(tmp_path / "bucket")]
    command += [str(tmp_path / "records"), str(store.root), reference.revision]
    command += [str(reference.size), "2000000"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"go\n"
        time.sleep(0.7)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=20)[1]
    assert time.monotonic() - started < 3
    assert b"KeyboardInterrupt" in said
    assert list(tmp_path.glob("*/tmp/batch-*")) == []
    assert list((tmp_path / "bucket" / "tmp").iterdir()) == []
