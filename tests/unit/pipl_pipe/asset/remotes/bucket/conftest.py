"""A remote over a bucket in memory, and what travels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import BucketRemote, cutting, sending
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.transfer import Retries
from pipl_pipe.testing.asset_remote import add


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket("there")


@pytest.fixture
def remote(bucket: MemoryBucket, tmp_path: Path) -> BucketRemote:
    retries = Retries(attempts=3, first_wait_s=0.0)
    return BucketRemote(bucket, records=tmp_path / "records", retries=retries)


@pytest.fixture
def near(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "near", "near", parents=True)


@pytest.fixture
def far(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "far", "far", parents=True)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "PART_BYTES", 5_000_000)
    monkeypatch.setattr(sending, "PACK_BYTES", 100_000)


def large(tmp_path: Path, near: Objects, size: int = 12_000_000) -> Reference:
    (tmp_path / "cache.abc").write_bytes(os.urandom(size))
    return add(near, tmp_path / "cache.abc")


def verified(objects: Objects, reference: Reference) -> bool:
    FolderStore(objects.root).verify(reference)
    return True
