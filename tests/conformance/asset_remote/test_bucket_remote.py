"""The remote over buckets, by one suite."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from pipl.testing.object_stores import ObjectServer
from pipl_pipe.asset.bucket import Bucket, open_bucket
from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remote import Remote
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.transfer import Retries
from pipl_pipe.testing.asset_bucket import read, write
from pipl_pipe.testing.asset_remote import AssetRemoteSuite

IMPATIENT = Retries(attempts=2, first_wait_s=0.0)


class BucketRemoteSuite(AssetRemoteSuite):
    @pytest.fixture
    def remote(self, bucket: Bucket, tmp_path: Path) -> Remote:
        return BucketRemote(bucket, records=tmp_path / "records", retries=IMPATIENT)

    @pytest.fixture
    def near(self, tmp_path: Path) -> Objects:
        return Objects(tmp_path / "near", "near", parents=True)

    def damage(self, remote: Remote) -> None:
        assert isinstance(remote, BucketRemote)
        for prefix in ("objects", "packs"):
            for key, size in list(remote.bucket.keys(prefix)):
                content = bytearray(read(remote.bucket, key))
                content[size // 2] ^= 0xFF
                write(remote.bucket, key, bytes(content))

    def lose(self, remote: Remote) -> None:
        assert isinstance(remote, BucketRemote)
        for prefix in ("objects", "packs"):
            for key, _ in list(remote.bucket.keys(prefix)):
                remote.bucket.remove(key)


class TestOverFolder(BucketRemoteSuite):
    @pytest.fixture
    def bucket(self, tmp_path: Path) -> Bucket:
        return FolderBucket(tmp_path / "bucket")


class TestOverMemory(BucketRemoteSuite):
    @pytest.fixture
    def bucket(self) -> Bucket:
        return MemoryBucket(f"memory-{uuid.uuid4().hex}")


class TestOverS3(BucketRemoteSuite):
    @pytest.fixture
    def bucket(self, s3: str, moto: ObjectServer) -> Bucket:
        return open_bucket(s3, endpoint=moto.url)


class TestOverAzure(BucketRemoteSuite):
    @pytest.fixture
    def bucket(self, azure: str, azurite: ObjectServer) -> Bucket:
        return open_bucket(azure, endpoint=azurite.url)


class TestOverSftp(BucketRemoteSuite):
    @pytest.fixture
    def bucket(self, sftp: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
        pytest.importorskip("sshfs")
        for name, value in sftp.environ.items():
            monkeypatch.setenv(name, value)
        return open_bucket(f"{sftp.url}{tmp_path}/bucket")
