"""What every bucket must do. Subclass the suite in a test module of your own:

    class TestMyBucket(BucketSuite):
        @pytest.fixture
        def bucket(self):
            return MyBucket(...)        # empty

It needs nothing else.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Optional

from pipl_pipe.asset.bucket import Bucket
from pipl_pipe.errors import NotInBucket
from pipl_pipe.testing.asset_store import raised_by

KEY = "objects/blake3/ab/cd-ef_1.index"
LARGE = os.urandom(1 << 20) * 13


class _Broken(Exception):
    pass


def write(bucket: Bucket, key: str, content: bytes) -> None:
    with bucket.writer(key) as file:
        file.write(content)


def read(bucket: Bucket, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
    return b"".join(bucket.read(key, start, length))


class BucketSuite:
    """Give a fixture `bucket`, empty; `many` is how many keys the listing is tried with."""

    many = 1100

    def test_nothing_is_there_at_first(self, bucket: Bucket) -> None:
        assert bucket.size(KEY) is None
        assert list(bucket.keys("objects")) == []
        bucket.remove(KEY)
        said = raised_by(NotInBucket, read, bucket, KEY)
        assert KEY in said and bucket.name in said

    def test_content_comes_back(self, bucket: Bucket) -> None:
        for content in (b"", b"x", b"points" * 1000, LARGE):
            write(bucket, KEY, content)
            assert bucket.size(KEY) == len(content)
            assert read(bucket, KEY) == content

    def test_it_is_written_and_read_in_pieces(self, bucket: Bucket) -> None:
        with bucket.writer(KEY) as file:
            for start in range(0, len(LARGE), 300_001):
                file.write(memoryview(LARGE)[start : start + 300_001])
        pieces = list(bucket.read(KEY))
        assert b"".join(pieces) == LARGE
        assert len(pieces) > 1

    def test_ranges(self, bucket: Bucket) -> None:
        write(bucket, KEY, LARGE)
        assert read(bucket, KEY, 5, 7) == LARGE[5:12]
        assert read(bucket, KEY, 3_000_000, 6_000_000) == LARGE[3_000_000:9_000_000]
        assert read(bucket, KEY, len(LARGE) - 2) == LARGE[-2:]
        assert read(bucket, KEY, len(LARGE) - 2, 10) == LARGE[-2:]
        assert read(bucket, KEY, 0, 1) == LARGE[:1]

    def test_a_reader_may_stop_early(self, bucket: Bucket) -> None:
        write(bucket, KEY, LARGE)
        for _ in range(20):
            assert LARGE.startswith(next(iter(bucket.read(KEY))))

    def test_nothing_is_visible_before_it_is_complete(self, bucket: Bucket) -> None:
        with bucket.writer(KEY) as file:
            file.write(LARGE)
            assert bucket.size(KEY) is None
            assert KEY not in dict(bucket.keys("objects"))
        assert bucket.size(KEY) == len(LARGE)

    def test_an_error_while_writing_leaves_nothing(self, bucket: Bucket) -> None:
        for content in (b"half", LARGE):
            try:
                with bucket.writer(KEY) as file:
                    file.write(content)
                    raise _Broken
            except _Broken:
                pass
            assert bucket.size(KEY) is None
            assert list(bucket.keys("objects")) == []

    def test_an_error_while_writing_leaves_what_was_there(self, bucket: Bucket) -> None:
        write(bucket, KEY, b"before")
        try:
            with bucket.writer(KEY) as file:
                file.write(b"after")
                raise _Broken
        except _Broken:
            pass
        assert read(bucket, KEY) == b"before"

    def test_errors_of_what_is_written_are_not_the_buckets(self, bucket: Bucket) -> None:
        try:
            with bucket.writer(KEY):
                raise FileNotFoundError("of the caller")
        except FileNotFoundError as fault:
            assert str(fault) == "of the caller"
        assert bucket.size(KEY) is None

    def test_writing_again_replaces(self, bucket: Bucket) -> None:
        write(bucket, KEY, b"longer before")
        write(bucket, KEY, b"after")
        assert (bucket.size(KEY), read(bucket, KEY)) == (5, b"after")

    def test_what_is_removed_is_gone(self, bucket: Bucket) -> None:
        write(bucket, KEY, b"points")
        bucket.remove(KEY)
        assert bucket.size(KEY) is None
        assert list(bucket.keys("objects")) == []

    def test_keys_are_those_below_a_folder(self, bucket: Bucket) -> None:
        for key in ("packs/ab/one", "packs/cd/two", "packs2/ab/three", "revisions/x"):
            write(bucket, key, key.encode())
        assert dict(bucket.keys("packs")) == {"packs/ab/one": 12, "packs/cd/two": 12}
        assert dict(bucket.keys("packs/ab")) == {"packs/ab/one": 12}
        assert dict(bucket.keys("nothing")) == {}

    def test_a_folder_of_keys_is_no_key(self, bucket: Bucket) -> None:
        write(bucket, "packs/ab/one", b"x")
        assert bucket.size("packs/ab") is None

    def test_many_keys_are_listed(self, bucket: Bucket) -> None:
        keys = {f"packs/{number:04}" for number in range(self.many)}
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: write(bucket, key, b"x"), keys))
        assert {key for key, _ in bucket.keys("packs")} == keys

    def test_keys_cannot_leave_the_bucket(self, bucket: Bucket) -> None:
        for key in ("", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a b", "a\n", "a\\b"):
            for use in (bucket.size, bucket.remove, lambda key: read(bucket, key)):
                try:
                    use(key)
                except ValueError:
                    continue
                raise AssertionError(f"{key!r} is taken for a key")

    def test_threads_share_it(self, bucket: Bucket) -> None:
        def use(number: int) -> bool:
            content = LARGE[: 1000 * number]
            write(bucket, f"objects/{number}", content)
            return read(bucket, f"objects/{number}") == content

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(use, range(24)))
