"""Which bucket a URL means."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipl_pipe.asset.bucket import open_bucket
from pipl_pipe.asset.buckets.cloud import CloudBucket
from pipl_pipe.asset.buckets.filesystem import FilesystemBucket
from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.errors import InvalidBucket, LibraryMissing, StoreReadOnly


def test_a_path_and_a_file_url_are_folders(tmp_path: Path) -> None:
    for url in (str(tmp_path / "a b"), (tmp_path / "a b").as_uri()):
        bucket = open_bucket(url)
        assert isinstance(bucket, FolderBucket)
        assert bucket.root == tmp_path / "a b"


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/deep/prefix", "gs://bucket/x"])
def test_clouds(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    bucket = open_bucket(url)
    assert isinstance(bucket, CloudBucket)
    assert bucket.name == url


def test_a_web_server_can_be_read_only() -> None:
    pytest.importorskip("fsspec")
    bucket = open_bucket("https://assets.example.com/studio")
    assert isinstance(bucket, FilesystemBucket)
    with pytest.raises(StoreReadOnly), bucket.writer("objects/x"):
        pass
    with pytest.raises(StoreReadOnly):
        bucket.remove("objects/x")


@pytest.mark.parametrize(
    "url",
    [
        "relative/folder",
        "nonsense://bucket",
        "file://host/share",
        "s3://",
        "s3://user@bucket",
        "s3://bucket?x=1",
        "sftp://",
        "s3://[bucket",
    ],
)
def test_what_is_no_bucket_is_refused(url: str) -> None:
    pytest.importorskip("obstore")
    pytest.importorskip("sshfs")
    with pytest.raises(InvalidBucket):
        open_bucket(url)


@pytest.mark.parametrize("url", ["s3://me:hunter2@bucket", "sftp://me:hunter2@host/x"])
def test_a_password_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidBucket) as caught:
        open_bucket(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("s3://bucket", "ftp://host"),
        ("s3://bucket", "http://me:hunter2@host"),
        ("gs://bucket", "http://me:hunter2@host"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(url: str, endpoint: str) -> None:
    pytest.importorskip("obstore")
    with pytest.raises(InvalidBucket) as caught:
        open_bucket(url, endpoint=endpoint)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_a_region_is_of_s3_only(scheme: str) -> None:
    pytest.importorskip("obstore")
    with pytest.raises(InvalidBucket, match="takes no region"):
        open_bucket(f"{scheme}://bucket", region="eu-central-1")


@pytest.mark.parametrize(
    ("url", "library"),
    [("s3://bucket", "obstore"), ("memory://x", "fsspec"), ("sftp://host/x", "sshfs")],
)
def test_a_library_that_is_missing_is_named(
    url: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "sshfs":
        pytest.importorskip("fsspec")
    for name in (library, f"{library}.store"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(LibraryMissing, match=library):
        open_bucket(url)
