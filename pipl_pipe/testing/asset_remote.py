"""What every remote must do. Subclass the suite in a test module of your own:

    class TestMyRemote(AssetRemoteSuite):
        @pytest.fixture
        def remote(self, tmp_path):
            return MyRemote(...)                            # empty

        @pytest.fixture
        def near(self, tmp_path):
            return Objects(tmp_path / "near", "near", parents=True)

        def damage(self, remote): ...                       # other bytes in all that is there
        def lose(self, remote): ...                         # files, but no revision, are gone

It needs pytest's `tmp_path` only. Remotes that others write to may hold more than the tests put
there.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Remote, Transfer
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetDamaged, AssetError, AssetMissing
from pipl_pipe.testing.asset_store import content_of, make_folder, raised_by

PRODUCT = "hero_geo"


class Count:
    """A Progress that adds up."""

    def __init__(self) -> None:
        self.expected = self.advanced = self.expected_objects = self.advanced_objects = 0
        self._lock = threading.Lock()

    def expect(self, size: int, objects: int) -> None:
        with self._lock:
            self.expected += size
            self.expected_objects += objects

    def advance(self, size: int, objects: int = 0) -> None:
        with self._lock:
            self.advanced += size
            self.advanced_objects += objects


def add(near: Objects, source: Path) -> Reference:
    """Store a file or folder near."""
    stored = FolderStore(near.root, name=near.name, parents=True).add(source, product=PRODUCT)
    shape = "folder" if source.is_dir() else "file"
    name = source.name.partition(".")[0]
    return Reference(name, "File", source.name, shape, stored.revision, stored.size)


def many_files(folder: Path, count: int, size: int = 2000) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"points.{number}.bgeo").write_bytes(os.urandom(size))
    return folder


class AssetRemoteSuite:
    """Give fixtures `remote` and `near`, and the two methods that do harm."""

    large_bytes = (64 << 20) + 12_345
    """Of an object that has to travel in parts."""

    def damage(self, remote: Remote) -> None:
        """Change bytes of everything the remote keeps, sizes staying as they are."""
        raise NotImplementedError

    def lose(self, remote: Remote) -> None:
        """Take away the content of every asset, but not what says that they are there."""
        raise NotImplementedError

    def far(self, tmp_path: Path, name: str = "far") -> Objects:
        return Objects(tmp_path / name, name, parents=True)

    def check(self, objects: Objects, reference: Reference) -> None:
        FolderStore(objects.root, name=objects.name).verify(reference)

    def test_what_was_pushed_is_there(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        (tmp_path / "model.usdc").write_bytes(os.urandom(100))
        for source in (make_folder(tmp_path / "source"), tmp_path / "model.usdc"):
            reference = add(near, source)
            assert not remote.has(reference)
            assert reference.revision not in set(remote.revisions())
            remote.push(reference, near)
            assert remote.has(reference)
            assert reference.revision in set(remote.revisions())
            remote.verify(reference)

    def test_a_file_comes_back(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        for number, content in enumerate((b"", os.urandom(10), os.urandom(9_000_000))):
            source = tmp_path / f"model{number}.usdc"
            source.write_bytes(content)
            reference = add(near, source)
            far = self.far(tmp_path, f"far{number}")
            remote.push(reference, near)
            remote.pull(reference, far)
            assert far.path(reference.digest).read_bytes() == content
            assert stat.S_IMODE(far.path(reference.digest).stat().st_mode) & 0o222 == 0

    def test_a_folder_comes_back(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        reference = add(near, make_folder(tmp_path / "source"))
        remote.push(reference, near)
        far = self.far(tmp_path)
        remote.pull(reference, far)
        self.check(far, reference)
        FolderStore(far.root).view(PRODUCT, reference, tmp_path / "view")
        assert content_of(tmp_path / "view") == content_of(tmp_path / "source")

    def test_an_empty_folder_comes_back(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        (tmp_path / "empty").mkdir()
        reference = add(near, tmp_path / "empty")
        remote.push(reference, near)
        far = self.far(tmp_path)
        remote.pull(reference, far)
        self.check(far, reference)

    def test_many_small_files_come_back(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 300))
        remote.push(reference, near)
        far = self.far(tmp_path)
        remote.pull(reference, far)
        self.check(far, reference)
        remote.verify(reference)

    def test_a_large_file_comes_back(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        with (tmp_path / "cache.abc").open("wb") as file:
            for left in range(self.large_bytes, 0, -(8 << 20)):
                file.write(os.urandom(min(left, 8 << 20)))
        reference = add(near, tmp_path / "cache.abc")
        remote.push(reference, near)
        far = self.far(tmp_path)
        remote.pull(reference, far)
        self.check(far, reference)
        remote.verify(reference)

    def test_pushing_again_sends_nothing(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 20))
        remote.push(reference, near)
        count = Count()
        remote.push(reference, near, Transfer(progress=count))
        assert count.expected == count.advanced == 0

    def test_only_what_changed_travels(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        source = many_files(tmp_path / "source", 100)
        first = add(near, source)
        remote.push(first, near)
        far = self.far(tmp_path)
        remote.pull(first, far)
        (source / "points.7.bgeo").write_bytes(os.urandom(2000))
        second = add(near, source)
        sent, fetched = Count(), Count()
        remote.push(second, near, Transfer(progress=sent))
        remote.pull(second, far, Transfer(progress=fetched))
        self.check(far, second)
        for count in (sent, fetched):
            assert 2000 <= count.advanced < 30_000

    def test_what_is_near_already_is_not_fetched(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 50))
        remote.push(reference, near)
        count = Count()
        remote.pull(reference, near, Transfer(progress=count))
        assert count.advanced == 0
        one = next(path for path in near.root.glob("objects/*/??/*") if path.stat().st_size == 2000)
        one.unlink()
        remote.pull(reference, near, Transfer(progress=count))
        self.check(near, reference)
        assert count.advanced < 30_000

    def test_progress_adds_up(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        source = many_files(tmp_path / "source", 30)
        (source / "large.vdb").write_bytes(os.urandom(5_000_000))
        reference = add(near, source)
        sent, fetched = Count(), Count()
        remote.push(reference, near, Transfer(progress=sent))
        remote.pull(reference, self.far(tmp_path), Transfer(progress=fetched))
        for count in (sent, fetched):
            assert count.expected == count.advanced >= reference.size
            assert count.expected_objects == count.advanced_objects

    def test_one_job_is_enough(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        reference = add(near, many_files(tmp_path / "source", 20))
        remote.push(reference, near, Transfer(jobs=1))
        far = self.far(tmp_path)
        remote.pull(reference, far, Transfer(jobs=1))
        self.check(far, reference)

    def test_the_limit_holds(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        reference = add(near, many_files(tmp_path / "source", 10, 40_000))
        slow = Transfer(limit_bytes_s=500_000)
        started = time.monotonic()
        remote.push(reference, near, slow)
        between = time.monotonic()
        remote.pull(reference, self.far(tmp_path), slow)
        assert between - started > 0.5
        assert time.monotonic() - between > 0.5

    def test_what_was_never_pushed_is_missing(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, make_folder(tmp_path / "source"))
        far = self.far(tmp_path)
        for call in (lambda: remote.pull(reference, far), lambda: remote.verify(reference)):
            said = raised_by(AssetMissing, call)
            assert remote.name in said and reference.revision in said

    def test_what_is_not_near_cannot_be_pushed(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 5))
        next(one for one in near.root.glob("objects/*/??/*") if one.stat().st_size == 2000).unlink()
        assert near.name in raised_by(AssetMissing, remote.push, reference, near)
        assert not remote.has(reference)

    def test_what_is_damaged_near_is_not_pushed(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        for number, size in enumerate((2000, 5_000_000)):
            source = many_files(tmp_path / f"source{number}", 3, size)
            reference = add(near, source)
            for one in near.root.glob("objects/*/??/*"):
                if one.stat().st_size == size:
                    one.chmod(0o644)
                    one.write_bytes(one.read_bytes()[:-1] + b"?")
            raised_by(AssetDamaged, remote.push, reference, near)
            assert not remote.has(reference)
            assert reference.revision not in set(remote.revisions())

    def test_wrong_bytes_never_arrive(self, remote: Remote, near: Objects, tmp_path: Path) -> None:
        references = [
            add(near, many_files(tmp_path / "source", 5)),
            add(near, many_files(tmp_path / "large", 1, 5_000_000)),
        ]
        for reference in references:
            remote.push(reference, near)
        self.damage(remote)
        far = self.far(tmp_path)
        for reference in references:
            raised_by(AssetDamaged, remote.pull, reference, far)
            raised_by(AssetDamaged, remote.verify, reference)
            assert not far.has(reference.digest)
        assert list(far.digests()) == []

    def test_what_was_lost_there_is_an_error(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        reference = add(near, many_files(tmp_path / "source", 5))
        remote.push(reference, near)
        self.lose(remote)
        far = self.far(tmp_path)
        raised_by(AssetError, remote.pull, reference, far)
        raised_by(AssetError, remote.verify, reference)
        assert not far.has(reference.digest)

    def test_several_push_and_pull_the_same_at_once(
        self, remote: Remote, near: Objects, tmp_path: Path
    ) -> None:
        source = many_files(tmp_path / "source", 40)
        (source / "large.vdb").write_bytes(os.urandom(5_000_000))
        reference = add(near, source)
        far = self.far(tmp_path)
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(remote.push, reference, near) for _ in range(4)]:
                done.result()
            for done in [threads.submit(remote.pull, reference, far) for _ in range(4)]:
                done.result()
        self.check(far, reference)
        remote.verify(reference)
