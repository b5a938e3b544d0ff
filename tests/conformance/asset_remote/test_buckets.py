"""The buckets over one suite."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

import pytest

from pipl.testing.object_stores import ObjectServer
from pipl_pipe.asset.bucket import Bucket, open_bucket
from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.errors import NotInBucket, StoreForbidden, StoreReadOnly, StoreUnreachable
from pipl_pipe.testing.asset_bucket import KEY, LARGE, BucketSuite, read, write


class TestFolderBucket(BucketSuite):
    @pytest.fixture
    def bucket(self, tmp_path: Path) -> Bucket:
        return FolderBucket(tmp_path / "bucket")

    def test_a_share_that_is_not_mounted_is_no_empty_bucket(self, tmp_path: Path) -> None:
        bucket = FolderBucket(tmp_path / "share" / "bucket")
        with pytest.raises(StoreUnreachable, match="share"):
            bucket.size(KEY)
        with pytest.raises(StoreUnreachable, match="share"):
            list(bucket.keys("objects"))
        with pytest.raises(StoreUnreachable):
            write(bucket, KEY, b"x")
        assert not (tmp_path / "share").exists()

    def test_files_are_read_only_and_nothing_else_remains(self, bucket: FolderBucket) -> None:
        write(bucket, KEY, b"x")
        files = [path for path in bucket.root.rglob("*") if path.is_file()]
        assert [path.stat().st_mode & 0o777 for path in files] == [0o444]


class TestMemoryBucket(BucketSuite):
    @pytest.fixture
    def bucket(self) -> Bucket:
        return MemoryBucket()


class TestS3(BucketSuite):
    @pytest.fixture
    def bucket(self, s3: str, moto: ObjectServer) -> Bucket:
        return open_bucket(s3, endpoint=moto.url)

    def test_a_bucket_that_is_not_there_is_named(self, s3: str, moto: ObjectServer) -> None:
        gone = open_bucket("s3://nobody-has-this", endpoint=moto.url)
        with pytest.raises(StoreUnreachable, match=r"nobody-has-this.*no such bucket"):
            write(gone, KEY, b"x")
        with pytest.raises((NotInBucket, StoreUnreachable)):
            read(gone, KEY)


class TestS3ByRclone(BucketSuite):
    """A fast server that is no exact one: it does not know ranges of obstore."""

    @pytest.fixture
    def bucket(self, rclone: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> Bucket:
        for name, value in rclone.environ.items():
            monkeypatch.setenv(name, value)
        return open_bucket(f"s3://assets/{uuid.uuid4().hex}", endpoint=rclone.url)

    def test_ranges(self, bucket: Bucket) -> None:
        """Answered by all of the object, which obstore refuses: no wrong bytes."""
        write(bucket, KEY, LARGE)
        with pytest.raises(StoreUnreachable, match="range"):
            read(bucket, KEY, 5, 7)


class TestAzure(BucketSuite):
    @pytest.fixture
    def bucket(self, azure: str, azurite: ObjectServer) -> Bucket:
        return open_bucket(azure, endpoint=azurite.url)

    def test_a_wrong_login_is_refused_and_not_shown(
        self, azure: str, azurite: ObjectServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrong = "d3Jvbmc="
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", wrong)
        with pytest.raises((StoreForbidden, StoreReadOnly)) as caught:
            write(open_bucket(azure, endpoint=azurite.url), KEY, b"x")
        assert wrong not in str(caught.value)

    def test_a_container_that_is_not_there_is_named(
        self, azure: str, azurite: ObjectServer
    ) -> None:
        gone = open_bucket("az://nobody-has-this", endpoint=azurite.url)
        with pytest.raises(StoreUnreachable, match=r"nobody-has-this.*no such bucket"):
            write(gone, KEY, b"x")


class TestGoogleByRclone(BucketSuite):
    """Who answers knows Google's XML protocol, which is like S3's, but no ranges of obstore."""

    @pytest.fixture
    def bucket(self, google: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> Bucket:
        for name, value in google.environ.items():
            monkeypatch.setenv(name, value)
        return open_bucket(f"gs://assets/{uuid.uuid4().hex}", endpoint=google.url)

    def test_ranges(self, bucket: Bucket) -> None:
        """Answered by all of the object, which obstore refuses: no wrong bytes."""
        write(bucket, KEY, LARGE)
        with pytest.raises(StoreUnreachable, match="range"):
            read(bucket, KEY, 5, 7)


class TestSftp(BucketSuite):
    @pytest.fixture
    def bucket(self, sftp: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
        pytest.importorskip("sshfs")
        for name, value in sftp.environ.items():
            monkeypatch.setenv(name, value)
        return open_bucket(f"{sftp.url}{tmp_path}/bucket")

    def test_an_unknown_host_is_refused(
        self, sftp: ObjectServer, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ssh = tmp_path / "home" / ".ssh"
        ssh.mkdir(parents=True)
        key = Path(sftp.environ["HOME"]) / ".ssh" / "id_ed25519"
        (ssh / "id_ed25519").write_bytes(key.read_bytes())
        (ssh / "id_ed25519").chmod(0o600)
        (ssh / "known_hosts").write_text("")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        with pytest.raises(StoreForbidden):
            bucket.size(KEY)

    def test_a_stranger_is_refused(
        self, sftp: ObjectServer, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ssh = tmp_path / "home" / ".ssh"
        ssh.mkdir(parents=True)
        known = Path(sftp.environ["HOME"]) / ".ssh" / "known_hosts"
        (ssh / "known_hosts").write_bytes(known.read_bytes())
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh / "id_ed25519")]
        subprocess.run(make, check=True)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        with pytest.raises(StoreForbidden):
            bucket.size(KEY)


class TestMemoryFilesystem(BucketSuite):
    @pytest.fixture
    def bucket(self) -> Bucket:
        pytest.importorskip("fsspec")
        return open_bucket(f"memory://{uuid.uuid4().hex}")
