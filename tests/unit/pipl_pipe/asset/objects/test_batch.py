from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pipl_pipe.asset import digest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.errors import AssetMissing, StoreReadOnly


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "store", "the store")


def saved(path: Path, content: bytes) -> Digest:
    files.save(content, path)
    return digest.of_bytes(content)


def test_nothing_is_visible_before_it_is_published(objects: Objects) -> None:
    with objects.batch() as batch:
        path = batch.new()
        one = saved(path, b"one")
        batch.keep(one, path)
        assert not objects.has(one)
        batch.publish()
        assert objects.has(one, 3)
        later = batch.new()
        two = saved(later, b"two!")
        batch.keep(two, later)
    assert objects.has(two, 4)
    assert list((objects.root / "tmp").iterdir()) == []


def test_what_fails_leaves_nothing(objects: Objects) -> None:
    with pytest.raises(KeyboardInterrupt), objects.batch() as batch:
        path = batch.new()
        batch.keep(saved(path, b"one"), path)
        raise KeyboardInterrupt
    assert list(objects.digests()) == []
    assert list((objects.root / "tmp").iterdir()) == []


def test_a_manifest_appears_after_its_files(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(files, "flush_folders", lambda *_: seen.append(set(objects.digests())))
    with objects.batch() as batch:
        listed, path = batch.new(), batch.new()
        whole = saved(listed, b"manifest")
        one = saved(path, b"one")
        batch.seal(whole, listed)
        batch.keep(one, path)
    assert seen == [{one}, {one, whole}]
    assert [path.name for path in (objects.root / "recent").iterdir()] == [
        f"{whole.algorithm}-{whole.hex}"
    ]


def test_what_was_counted_on_and_is_gone_stops_the_rest(objects: Objects) -> None:
    gone = digest.of_bytes(b"gone")
    with pytest.raises(AssetMissing), objects.batch() as batch:
        listed = batch.new()
        batch.expect(gone)
        batch.seal(saved(listed, b"manifest"), listed)
    assert list(objects.digests()) == []


def test_who_sweeps_waits_for_who_publishes(objects: Objects) -> None:
    order = []

    def sweep() -> None:
        with objects.lock(exclusive=True):
            order.append("swept")

    with objects.lock():
        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        with objects.lock():
            order.append("published")
    sweeper.join(10)
    assert order == ["published", "swept"]


def test_leftovers_of_killed_processes_go_and_those_of_the_living_stay(objects: Objects) -> None:
    with objects.batch() as living:
        dead = objects.root / "tmp" / "batch-dead"
        dead.mkdir()
        (dead / ".alive").touch()
        (dead / "0").write_bytes(b"x")
        starting = objects.root / "tmp" / ".starting-fresh"
        starting.mkdir()
        old = objects.root / "tmp" / ".starting-old"
        old.mkdir()
        os.utime(old, (0, 0))
        partial = objects.partial(digest.of_bytes(b"large"))
        with objects.batch():
            assert living.folder.is_dir()
            assert not dead.exists()
            assert starting.is_dir()
            assert not old.exists()
            assert partial.is_dir()


def test_a_store_that_may_not_be_written_says_so(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.root.mkdir()
    (objects.root / "tmp").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(StoreReadOnly), objects.batch():
        pass
