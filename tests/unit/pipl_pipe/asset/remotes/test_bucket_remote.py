"""A remote over a bucket: what travels, what faults do, what hostile documents may not."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Callable, Iterator, List, Optional

import pytest

from pipl_pipe.asset.bucket import Pieces, Writer
from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.asset.digest import of_bytes
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.manifest import Entry, Manifest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.bucket import BucketRemote, cutting, fetching, sending, whereabouts
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.transfer import Retries
from pipl_pipe.errors import (
    AssetDamaged,
    AssetMissing,
    StoreForbidden,
    StoreFull,
    StoreUnreachable,
)
from pipl_pipe.testing.asset_remote import Count, add, many_files


class Bucket(MemoryBucket):
    """Counts what it is asked for; `fault` may raise or change what is read."""

    def __init__(self) -> None:
        super().__init__("there")
        self.asked: List[str] = []
        self.fault: Callable[[str, str, bytes], bytes] = lambda what, key, content: content

    def read(self, key: str, start: int = 0, length: Optional[int] = None) -> Pieces:
        self.asked.append(f"read {key}")
        for piece in super().read(key, start, length):
            yield self.fault("read", key, piece)

    def size(self, key: str) -> Optional[int]:
        self.asked.append(f"size {key}")
        return super().size(key)

    @contextlib.contextmanager
    def writer(self, key: str) -> Iterator[Writer]:
        self.asked.append(f"write {key}")
        with super().writer(key) as file:
            self.fault("write", key, b"")
            yield file

    def count(self, what: str) -> int:
        return sum(one.startswith(what) for one in self.asked)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def remote(bucket: Bucket, tmp_path: Path) -> BucketRemote:
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
    monkeypatch.setattr(sending, "_LEARN_BYTES", 10_000)


def large(tmp_path: Path, near: Objects, size: int = 12_000_000) -> Reference:
    (tmp_path / "cache.abc").write_bytes(os.urandom(size))
    return add(near, tmp_path / "cache.abc")


def verified(objects: Objects, reference: Reference) -> bool:
    FolderStore(objects.root).verify(reference)
    return True


class TestWhatTravels:
    def test_small_files_in_packs(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 200))
        remote.push(reference, near)
        assert 4 <= bucket.count("write packs") // 2 <= 6
        assert bucket.count("write objects") == 0
        bucket.asked.clear()
        remote.pull(reference, far)
        assert verified(far, reference)
        assert bucket.count("read") <= 7
        assert bucket.count("read revisions") == 1

    def test_of_a_pack_only_what_is_lacking_is_read(
        self,
        remote: BucketRemote,
        bucket: Bucket,
        near: Objects,
        far: Objects,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(fetching, "_GAP_BYTES", 0)
        reference = add(near, many_files(tmp_path / "source", 40))
        remote.push(reference, near)
        remote.pull(reference, far)
        digests = sorted(entry.digest for entry in near.manifest(reference, asset="").entries)
        for number in (5, 6, 20):
            far.path(digests[number]).unlink()
        read: List[int] = []

        def note(what: str, key: str, content: bytes) -> bytes:
            read.extend([len(content)] if key.startswith("packs") else [])
            return content

        bucket.fault = note
        remote.pull(reference, far)
        assert verified(far, reference)
        assert read == [2 * 2041, 2041]

    def test_the_document_is_written_last(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, tmp_path: Path
    ) -> None:
        remote.push(add(near, many_files(tmp_path / "source", 200)), near)
        writes = [one for one in bucket.asked if one.startswith("write")]
        assert writes[-1].startswith("write revisions")
        assert sum(one.startswith("write revisions") for one in writes) == 1

    def test_a_change_sends_one_pack_and_one_document(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, tmp_path: Path
    ) -> None:
        source = many_files(tmp_path / "source", 200)
        remote.push(add(near, source), near)
        for number in (3, 50):
            (source / f"points.{number}.bgeo").write_bytes(os.urandom(2000))
        bucket.asked.clear()
        count = Count()
        remote.push(add(near, source), near, Transfer(progress=count))
        assert (count.advanced, bucket.count("write")) == (4000, 3)

    def test_what_others_pushed_is_learnt_from_their_indexes(
        self, bucket: Bucket, near: Objects, tmp_path: Path
    ) -> None:
        source = many_files(tmp_path / "source", 200)
        BucketRemote(bucket, records=tmp_path / "theirs").push(add(near, source), near)
        (source / "points.3.bgeo").write_bytes(os.urandom(2000))
        reference = add(near, source)
        count = Count()
        ours = BucketRemote(bucket, records=tmp_path / "ours")
        ours.push(reference, near, Transfer(progress=count))
        assert count.advanced == 2000

    def test_a_record_that_is_lost_costs_little(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, tmp_path: Path
    ) -> None:
        source = many_files(tmp_path / "source", 200)
        remote.push(add(near, source), near)
        for path in (tmp_path / "records").iterdir():
            path.unlink()
        (source / "points.3.bgeo").write_bytes(os.urandom(2000))
        count = Count()
        remote.push(add(near, source), near, Transfer(progress=count))
        assert count.advanced == 2000

    def test_what_the_bucket_lost_is_sent_again(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        source = many_files(tmp_path / "source", 200)
        (source / "large.vdb").write_bytes(os.urandom(4_500_000))
        remote.push(add(near, source), near)
        gone = [key for key in bucket.content if not key.endswith(".index")]
        for key in [key for key in gone if not key.startswith("revisions")][::2]:
            del bucket.content[key]
        (source / "points.3.bgeo").write_bytes(os.urandom(2000))
        reference = add(near, source)
        remote.push(reference, near)
        remote.pull(reference, far)
        assert verified(far, reference)

    def test_large_files_in_parts_that_are_not_sent_twice(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = large(tmp_path, near)
        sent: List[str] = []

        def cut(what: str, key: str, content: bytes) -> bytes:
            if what == "write" and key.startswith(("objects", "packs")):
                sent.append(key)
                if len(sent) > 2:
                    raise StoreForbidden("there", "no more")
            return content

        bucket.fault = cut
        with pytest.raises(StoreForbidden):
            remote.push(reference, near, Transfer(jobs=1))
        assert not remote.has(reference)
        bucket.fault = lambda what, key, content: content
        count = Count()
        bucket.asked.clear()
        remote.push(reference, near, Transfer(progress=count))
        assert bucket.count("write objects") == 1
        remote.pull(reference, far)
        assert verified(far, reference)
        assert not (far.root / "tmp" / "partial" / reference.revision.replace(":", "-")).exists()

    def test_a_pull_in_parts_goes_on(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = large(tmp_path, near)
        remote.push(reference, near)
        fetched: List[str] = []

        def cut(what: str, key: str, content: bytes) -> bytes:
            if what == "read" and key.startswith("objects"):
                fetched.append(key)
                if len(set(fetched)) > 1:
                    raise StoreForbidden("there", "no more")
            return content

        bucket.fault = cut
        with pytest.raises(StoreForbidden):
            remote.pull(reference, far, Transfer(jobs=1))
        assert list(far.digests()) == []
        bucket.fault = lambda what, key, content: content
        count = Count()
        remote.pull(reference, far, Transfer(progress=count))
        assert verified(far, reference)
        assert count.advanced == 7_000_000

    def test_bytes_that_changed_on_disk_meanwhile_are_fetched_again(
        self, remote: BucketRemote, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = large(tmp_path, near)
        remote.push(reference, near)
        content = far.partial(reference.digest) / "content"
        content.write_bytes(b"?" * reference.size)
        remote.pull(reference, far)
        assert verified(far, reference)

    def test_chunks_send_what_an_edit_changed(
        self, remote: BucketRemote, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        pytest.importorskip("pyfastcdc")
        first = large(tmp_path, near)
        remote.push(first, near, chunked=True)
        content = (tmp_path / "cache.abc").read_bytes()
        (tmp_path / "cache.abc").write_bytes(content[:6_000_000] + b"?" + content[6_000_000:])
        second = add(near, tmp_path / "cache.abc")
        count = Count()
        remote.push(second, near, Transfer(progress=count), chunked=True)
        assert count.advanced < 800_000
        for reference in (second, first):
            remote.pull(reference, far)
            assert verified(far, reference)
        remote.verify(second)

    def test_what_repeats_inside_a_large_file_is_sent_once(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        (tmp_path / "zeros.vdb").write_bytes(bytes(20_000_000))
        reference = add(near, tmp_path / "zeros.vdb")
        remote.push(reference, near)
        assert bucket.count("write objects") == 1
        remote.pull(reference, far)
        assert verified(far, reference)


class TestFaults:
    @pytest.mark.parametrize("prefix", ["revisions", "packs", "objects", "parts"])
    @pytest.mark.parametrize("what", ["read", "write"])
    def test_a_fault_that_passes_is_not_noticed(
        self,
        remote: BucketRemote,
        bucket: Bucket,
        near: Objects,
        far: Objects,
        tmp_path: Path,
        prefix: str,
        what: str,
    ) -> None:
        source = many_files(tmp_path / "source", 100)
        (source / "large.vdb").write_bytes(os.urandom(12_000_000))
        reference = add(near, source)
        failed: List[str] = []

        def once(did: str, key: str, content: bytes) -> bytes:
            if did == what and key.startswith(prefix) and not failed:
                failed.append(key)
                raise StoreUnreachable("there", "it answered 500")
            return content

        bucket.fault = once
        remote.push(reference, near)
        remote.pull(reference, far)
        assert failed
        assert verified(far, reference)

    def test_a_fault_that_stays_is_told(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 100))

        def always(did: str, key: str, content: bytes) -> bytes:
            if key.startswith("packs"):
                raise StoreUnreachable("there", "it answered 500")
            return content

        bucket.fault = always
        with pytest.raises(StoreUnreachable, match="500"):
            remote.push(reference, near)
        assert not remote.has(reference)
        bucket.fault = lambda what, key, content: content
        remote.push(reference, near)
        bucket.fault = always
        with pytest.raises(StoreUnreachable, match="500"):
            remote.pull(reference, far)
        assert not far.has(reference.digest)

    def test_a_download_that_is_cut_short_is_tried_again(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 100))
        remote.push(reference, near)
        cut: List[str] = []

        def short(did: str, key: str, content: bytes) -> bytes:
            if did == "read" and key.startswith(("packs", "revisions")) and key not in cut:
                cut.append(key)
                return content[: len(content) // 2]
            return content

        bucket.fault = short
        remote.pull(reference, far)
        assert len(cut) > 2
        assert verified(far, reference)

    def test_what_is_cut_short_for_good_is_damaged(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 100))
        remote.push(reference, near)
        key = next(key for key in bucket.content if key.startswith("packs") and "." not in key)
        bucket.content[key] = bucket.content[key][:-100]
        with pytest.raises(AssetDamaged, match="bytes instead of"):
            remote.pull(reference, far)
        bucket.content[key] += b"?" * 200
        with pytest.raises(AssetDamaged):
            remote.pull(reference, far)

    def test_wrong_bytes_are_named_by_their_digest(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 3))
        remote.push(reference, near)
        key = next(key for key in bucket.content if key.startswith("packs") and "." not in key)
        bucket.content[key] = bucket.content[key][:100] + b"?" + bucket.content[key][101:]
        with pytest.raises(AssetDamaged) as caught:
            remote.pull(reference, far)
        digests = {entry.digest for entry in near.manifest(reference, asset="").entries}
        assert caught.value.revision in set(map(str, digests))

    def test_a_disk_that_is_full_leaves_nothing(
        self,
        remote: BucketRemote,
        near: Objects,
        far: Objects,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        references = [add(near, many_files(tmp_path / "source", 100)), large(tmp_path, near)]

        def full(file: object, content: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        for reference in references:
            remote.push(reference, near)
        with monkeypatch.context() as patch:
            patch.setattr(files, "write", full)
            for reference in references:
                with pytest.raises(StoreFull):
                    remote.pull(reference, far)
        assert list(far.digests()) == []
        assert list((far.root / "tmp").glob("batch-*")) == []
        for reference in references:
            remote.pull(reference, far)
            assert verified(far, reference)

    def test_an_index_that_lies_is_not_believed(
        self, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        source = many_files(tmp_path / "source", 200)
        BucketRemote(bucket).push(add(near, source), near)
        for key in [key for key in bucket.content if key.endswith(".index")]:
            bucket.content[key] = bucket.content[key][::-1]
        (source / "points.3.bgeo").write_bytes(os.urandom(2000))
        reference = add(near, source)
        ours = BucketRemote(bucket, records=tmp_path / "ours")
        ours.push(reference, near)
        ours.pull(reference, far)
        assert verified(far, reference)


def with_document(bucket: Bucket, reference: Reference, head: object, rest: bytes) -> None:
    line = json.dumps(head).encode()
    key = whereabouts.revision_key(reference.digest)
    bucket.content[key] = whereabouts.FORMAT + line + b"\n" + rest


class TestHostileDocuments:
    def reference(self, *paths: str) -> Reference:
        entries = tuple(Entry(path, 1, 0o644, of_bytes(b"x")) for path in paths)
        self.listing = Manifest(entries).render()
        revision = str(of_bytes(self.listing))
        return Reference("hostile", "Folder", "hostile", "folder", revision, len(paths))

    @pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", "con", "a\x00b"])
    def test_paths_that_leave_the_folder(
        self, remote: BucketRemote, bucket: Bucket, far: Objects, path: str
    ) -> None:
        reference = self.reference(path)
        head = {
            "digest": reference.revision,
            "size": 1,
            "listing": len(self.listing),
            "packs": [],
        }
        with_document(bucket, reference, head, self.listing + bytes.fromhex("ffffffff") + bytes(8))
        with pytest.raises(AssetDamaged):
            remote.pull(reference, far)
        assert not far.root.exists() or list(far.digests()) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"listing": 10**9},
            {"listing": -1},
            {"listing": "1"},
            {"size": 10**30 * 1.5},
            {"packs": [["../../etc", 5]]},
            {"packs": [["ab" * 32, "x"]]},
            {"packs": [["ab" * 32, 1], ["ab" * 32, 1]]},
            {"packs": 7},
            {"digest": "sha256:" + "0" * 64},
        ],
    )
    def test_numbers_that_cannot_be(
        self, remote: BucketRemote, bucket: Bucket, far: Objects, change: object
    ) -> None:
        reference = self.reference("a")
        head = {"digest": reference.revision, "size": 1, "listing": len(self.listing), "packs": []}
        assert isinstance(change, dict)
        with_document(bucket, reference, {**head, **change}, self.listing + b"\xff" * 12)
        with pytest.raises(AssetDamaged):
            remote.pull(reference, far)

    @pytest.mark.parametrize("table", [b"", b"\xff" * 11, b"\xff" * 24, bytes(12)])
    def test_tables_that_do_not_fit(
        self, remote: BucketRemote, bucket: Bucket, far: Objects, table: bytes
    ) -> None:
        reference = self.reference("a")
        head = {"digest": reference.revision, "size": 1, "listing": len(self.listing), "packs": []}
        with_document(bucket, reference, head, self.listing + table)
        with pytest.raises(AssetDamaged):
            remote.pull(reference, far)

    @pytest.mark.parametrize("offset", [2**63, 0, 13, 5000])
    def test_offsets_where_the_object_is_not(
        self,
        remote: BucketRemote,
        bucket: Bucket,
        near: Objects,
        far: Objects,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        offset: int,
    ) -> None:
        monkeypatch.setattr(fetching, "_GAP_BYTES", 0)
        reference = add(near, many_files(tmp_path / "source", 40))
        remote.push(reference, near)
        remote.pull(reference, far)
        last = max(entry.digest for entry in near.manifest(reference, asset="").entries)
        far.path(last).unlink()
        key = whereabouts.revision_key(reference.digest)
        bucket.content[key] = bucket.content[key][:-8] + offset.to_bytes(8, "big")
        with pytest.raises(AssetDamaged):
            remote.pull(reference, far)
        assert not far.has(last)

    @pytest.mark.parametrize("content", [b"", b"\x00" * 1000, b"pipl-remote/2\n{}\n"])
    def test_what_is_no_document(
        self, remote: BucketRemote, bucket: Bucket, far: Objects, content: bytes
    ) -> None:
        reference = self.reference("a")
        bucket.content[whereabouts.revision_key(reference.digest)] = content
        with pytest.raises(AssetDamaged):
            remote.pull(reference, far)

    def test_parts_that_are_another_objects(
        self, remote: BucketRemote, bucket: Bucket, near: Objects, far: Objects, tmp_path: Path
    ) -> None:
        first, second = large(tmp_path, near), large(tmp_path, near)
        remote.push(first, near)
        remote.push(second, near)
        theirs = bucket.content[whereabouts.parts_key(second.digest)]
        ours = theirs.replace(second.revision.encode(), first.revision.encode())
        bucket.content[whereabouts.parts_key(first.digest)] = ours
        with pytest.raises(AssetDamaged, match="together"):
            remote.pull(first, far)
        assert list(far.digests()) == []

    def test_stray_keys_are_no_revisions(self, remote: BucketRemote, bucket: Bucket) -> None:
        bucket.content["revisions/x"] = b""
        bucket.content["revisions/md5/ab/cd"] = b""
        assert list(remote.revisions()) == []

    def test_a_revision_that_nobody_pushed(self, remote: BucketRemote, far: Objects) -> None:
        with pytest.raises(AssetMissing, match="there"):
            remote.pull(self.reference("a"), far)
