"""Cloud buckets whose server fails: what it answers becomes an error with a reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipl_pipe.asset.bucket import Bucket, open_bucket
from pipl_pipe.asset.buckets import cloud
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.transfer import Retries
from pipl_pipe.errors import StoreForbidden, StoreReadOnly, StoreUnreachable
from pipl_pipe.testing.asset_bucket import KEY, read, write
from pipl_pipe.testing.asset_remote import add, many_files

SECRET = "hunter2-of-the-studio"
SILENT = -1


class FaultyServer(ThreadingHTTPServer):
    """Answers every request by `status`, cuts the connection where it is 0, or is SILENT."""

    daemon_threads = True
    status = 500
    asked = 0
    ended: threading.Event


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        server = self.server
        assert isinstance(server, FaultyServer)
        server.asked += 1
        self.close_connection = True
        if server.status == SILENT:
            server.ended.wait(60)
        if server.status in (0, SILENT):
            return
        self.send_response(server.status)
        if server.status == 200:
            self.send_header("Content-Length", "1000")
            self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
            self.send_header("ETag", '"x"')
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(b"x" * 10)
            return
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer(("127.0.0.1", 0), _Handler) as made:
        made.ended = threading.Event()
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.ended.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def bucket(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    pytest.importorskip("obstore")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "studio")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return open_bucket("s3://assets", endpoint=f"http://127.0.0.1:{server.server_port}")


@pytest.mark.parametrize("status", [0, 500, 503])
def test_a_server_that_fails_is_tried_again_and_told(
    server: FaultyServer, bucket: Bucket, status: int
) -> None:
    server.status = status
    for use in (lambda: bucket.size(KEY), lambda: write(bucket, KEY, b"x")):
        server.asked = 0
        with pytest.raises(StoreUnreachable) as caught:
            use()
        assert server.asked > 1
        assert SECRET not in str(caught.value)
        assert str(status or "") in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses_is_not_tried_again(
    server: FaultyServer, bucket: Bucket, status: int
) -> None:
    server.status = status
    with pytest.raises(StoreForbidden, match=str(status)):
        bucket.size(KEY)
    assert server.asked == 1
    with pytest.raises((StoreReadOnly, StoreForbidden)):
        write(bucket, KEY, b"x")
    assert server.asked == 2


def test_an_answer_that_is_cut_short_is_an_error(server: FaultyServer, bucket: Bucket) -> None:
    server.status = 200
    with pytest.raises(StoreUnreachable):
        read(bucket, KEY)


def test_a_server_that_is_silent_is_given_up(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch, bucket: Bucket
) -> None:
    server.status = SILENT
    monkeypatch.setattr(cloud, "_SILENCE_S", 1)
    impatient = open_bucket("s3://assets", endpoint=f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(StoreUnreachable, match="s3://assets"):
        impatient.size(KEY)
    assert server.asked > 1


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "studio")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    bucket = open_bucket("s3://assets", endpoint="http://127.0.0.1:1", region="us-east-1")
    remote = BucketRemote(bucket, retries=Retries(attempts=1))
    near = Objects(tmp_path / "near", "near", parents=True)
    reference: Reference = add(near, many_files(tmp_path / "source", 3))
    with pytest.raises(StoreUnreachable, match="s3://assets"):
        remote.push(reference, near, Transfer(jobs=2))
