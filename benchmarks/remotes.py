"""Remotes: 2,000 small files to S3 against boto3 and s3fs, 20,000 to a folder against `cp -r`."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Action, command, paired, report
from pipl.testing.object_stores import ObjectServer, rclone_server
from pipl_pipe.asset.bucket import Bucket, open_bucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.stores.folder import FolderStore

SIZE = 50_000
BUCKET = "bench"
PEER_THREADS = 16
MEMORY = """
import resource, sys
from pathlib import Path
from pipl_pipe.asset.bucket import open_bucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import BucketRemote

what, url, endpoint, store, revision, size = sys.argv[1:]
remote = BucketRemote(open_bucket(url, endpoint=endpoint or None))
reference = Reference("shot", "Folder", "shot", "folder", revision, int(size))
getattr(remote, what)(reference, Objects(Path(store), "near", parents=True))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


S3FS = """
import sys
import s3fs

url, source = sys.argv[1:]
system = s3fs.S3FileSystem(endpoint_url=url)
for line in sys.stdin:
    system.put(source + "/", line.strip() + "/", recursive=True)
    print("done", flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of files")
    parser.add_argument("--only", choices=("s3", "folder"))
    parser.add_argument("--s3fs", type=Path, help="an interpreter that has s3fs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top:
        if given.only != "folder":
            over_s3(Path(top), int(2_000 * given.scale), given.runs, given.s3fs)
        if given.only != "s3":
            over_folder(Path(top), int(20_000 * given.scale), given.runs)


def over_s3(top: Path, files: int, runs: int, s3fs_python: Path | None) -> None:
    source, near, reference = stored(top / "s3", files)
    made(top / "served" / BUCKET)
    with rclone_server(top / "served") as server:
        os.environ.update(server.environ)
        client = boto3_client(server)
        boto3_push, boto3_pull = boto3_peer(client, source, made(top / "pulled"))

        def push() -> None:
            BucketRemote(at(server)).push(reference, near)

        pair = paired(push, boto3_push, runs=runs)
        report(f"push {files} x 50 kB to S3, floor boto3", pair, goal="ratio <= 0.1")
        if s3fs_python is None:
            print("s3fs was not compared: give an interpreter that has it by --s3fs")
        else:
            with s3fs_peer(s3fs_python, server, source) as s3fs_push:
                pair = paired(push, s3fs_push, runs=runs)
            report(f"push {files} x 50 kB to S3, floor s3fs", pair, goal="-")
        bucket = at(server)
        BucketRemote(bucket).push(reference, near)

        def pull() -> None:
            folder = top / f"far-{uuid.uuid4().hex}"
            BucketRemote(bucket).pull(reference, Objects(folder, "far"))

        pair = paired(pull, boto3_pull, runs=runs)
        report(f"pull {files} x 50 kB from S3, floor boto3", pair, goal="ratio <= 0.1")
        for what, url, store in (
            ("push", at(server).name, near.root),
            ("pull", bucket.name, top / "memory-s3"),
        ):
            peak = memory(what, url, server.url, store, reference)
            print(f"memory of a {what} over S3: {peak} MB")


def over_folder(top: Path, files: int, runs: int) -> None:
    source, near, reference = stored(top / "folder", files)

    def push() -> None:
        folder = top / f"remote-{uuid.uuid4().hex}"
        BucketRemote(open_bucket(str(folder)), records=top / "records").push(reference, near)

    def copy() -> None:
        folder = top / f"copy-{uuid.uuid4().hex}"
        command(["cp", "-r", source, folder])()
        os.sync()

    pair = paired(push, copy, runs=runs, before=cleaning(top, "remote-", "copy-", "far-"))
    report(f"push {files} x 50 kB to a folder, floor cp -r", pair, goal="<= 4 s")
    remote = BucketRemote(open_bucket(str(top / "remote")))
    remote.push(reference, near)

    def pull() -> None:
        remote.pull(reference, Objects(top / f"far-{uuid.uuid4().hex}", "far"))

    pair = paired(pull, copy, runs=runs, before=cleaning(top, "remote-", "copy-", "far-"))
    report(f"pull {files} x 50 kB from a folder, floor cp -r", pair, goal="<= 4 s")
    for what, url, store in (
        ("push", top / "remote-memory", near.root),
        ("pull", top / "remote", top / "far-memory"),
    ):
        peak = memory(what, str(url), "", store, reference)
        print(f"memory of a {what} over a folder: {peak} MB")


def stored(top: Path, files: int) -> tuple[Path, Objects, Reference]:
    """Files of random bytes and the store that holds them as one asset."""
    source = made(top / "source")
    for number in range(files):
        (source / f"points.{number:05}.bgeo").write_bytes(os.urandom(SIZE))
    store = FolderStore(top / "store")
    taken = store.add(source, product="bench", asset="shot")
    reference = Reference("shot", "Folder", "shot", "folder", taken.revision, taken.size)
    os.sync()
    return source, store.objects, reference


def at(server: ObjectServer) -> Bucket:
    """An empty place on the server."""
    return open_bucket(f"s3://{BUCKET}/{uuid.uuid4().hex}", endpoint=server.url)


def boto3_peer(client: Any, source: Path, to: Path) -> tuple[Action, Action]:
    """Pushing and pulling each file by itself, with threads, as its documentation shows."""
    names = [path.name for path in source.iterdir()]

    def push(prefix: str) -> None:
        def send(name: str) -> None:
            client.upload_file(str(source / name), BUCKET, f"{prefix}/{name}")

        with ThreadPoolExecutor(PEER_THREADS) as threads:
            list(threads.map(send, names))

    def pull() -> None:
        folder = made(to / uuid.uuid4().hex)

        def fetch(name: str) -> None:
            client.download_file(BUCKET, f"to-pull/{name}", str(folder / name))

        with ThreadPoolExecutor(PEER_THREADS) as threads:
            list(threads.map(fetch, names))

    push("to-pull")
    return lambda: push(uuid.uuid4().hex), pull


@contextmanager
def s3fs_peer(python: Path, server: ObjectServer, source: Path) -> Iterator[Action]:
    """In an interpreter of its own, as it needs a botocore of its own; started beforehand."""
    command = [str(python), "-c", S3FS, server.url, str(source)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        asking, answers = peer.stdin, peer.stdout

        def push() -> None:
            print(f"{BUCKET}/{uuid.uuid4().hex}", file=asking, flush=True)
            if answers.readline() != "done\n":
                sys.exit("s3fs failed")

        yield push
        asking.close()


def boto3_client(server: ObjectServer) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        config=Config(max_pool_connections=PEER_THREADS),
    )


def memory(what: str, url: str, endpoint: str, store: Path, reference: Reference) -> int:
    """The most that a push or pull has resident, in MB."""
    program = [sys.executable, "-c", MEMORY, what, url, endpoint, str(store)]
    program += [reference.revision, str(reference.size)]
    return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def cleaning(top: Path, *prefixes: str) -> Action:
    """Remove what earlier runs left, and write everything out."""

    def clean() -> None:
        for path in top.iterdir():
            if path.name.startswith(prefixes):
                shutil.rmtree(path)
        os.sync()

    return clean


if __name__ == "__main__":
    main()
