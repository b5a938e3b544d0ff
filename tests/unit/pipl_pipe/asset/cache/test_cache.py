from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, List

import pytest

from pipl_pipe.asset.cache import eviction, in_use
from pipl_pipe.asset.cache import room as caches
from pipl_pipe.asset.cache.room import Cache
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places.beyond import Source
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.store import StoreRemote
from pipl_pipe.asset.stores.cache import CacheStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.through import ThroughStore
from pipl_pipe.testing.asset_store import PRODUCT, reference_to

EACH = 20_000
"""Bytes of each asset here, and of what a folder does not share."""


@pytest.fixture
def far(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "far")


def make_file(far: FolderStore, name: str) -> Reference:
    path = far.root.parent / name
    path.write_bytes(name.encode().ljust(EACH, b"."))
    return reference_to(far.add(path, product=PRODUCT), name)


def make_shared(far: FolderStore, name: str) -> Reference:
    """A folder with a file of its own, and 20 that all such folders have."""
    folder = far.root.parent / name
    folder.mkdir()
    (folder / "own").write_bytes(name.encode().ljust(EACH, b"."))
    for number in range(20):
        (folder / f"shared{number}").write_bytes(f"{number}".encode().ljust(EACH, b"."))
    return reference_to(far.add(folder, product=PRODUCT), name, "folder")


def through(far: FolderStore, bound: int) -> ThroughStore:
    """Each call is a process of its own, as far as the cache can tell."""
    near = CacheStore(far.root.parent / "cache", bound_bytes=bound)
    return ThroughStore(near, (Source("far", lambda: StoreRemote(far.objects)),))


def size_of(root: Path) -> int:
    return sum(one.size for one in eviction.scan(Objects(root, "")))


def used(root: Path, ages_s: Dict[str, float]) -> None:
    """Let revisions have been used so long ago."""
    for revision, age_s in ages_s.items():
        path = root / "recent" / revision.replace(":", "-")
        at = path.stat().st_mtime - age_s
        os.utime(path, (at, at))


def held(store: ThroughStore, references: List[Reference]) -> List[bool]:
    return [store.near.has(one.revision) for one in references]


def test_what_was_used_the_longest_ago_goes_first(far: FolderStore, tmp_path: Path) -> None:
    store = through(far, 4 * EACH)
    references = [make_file(far, name) for name in "abcd"]
    for one in references:
        store.verify(one)
    used(tmp_path / "cache", {one.revision: 100 - at for at, one in enumerate(references)})
    store.verify(references[0])
    store.verify(make_file(far, "e"))
    assert held(store, references) == [True, False, False, True]
    assert size_of(tmp_path / "cache") <= 4 * EACH


def test_the_bound_holds_over_many_fetches_and_files_shared_count_once(
    far: FolderStore, tmp_path: Path
) -> None:
    store = through(far, 40 * EACH)
    references = [make_shared(far, f"v{number}") for number in range(10)]
    for one in references:
        store.view(PRODUCT, one, tmp_path / "view" / one.name)
    assert held(store, references) == [True] * 10  # 30 files, not 210
    for number in range(30):
        store.verify(make_file(far, f"file{number}"))
        assert size_of(tmp_path / "cache") <= 40 * EACH
    assert (tmp_path / "view" / "v0" / "shared3").stat().st_size == EACH


def test_what_others_share_stays_when_one_of_them_goes(far: FolderStore, tmp_path: Path) -> None:
    one, other = make_shared(far, "one"), make_shared(far, "other")
    store = through(far, 30 * EACH)
    store.verify(one)
    store.verify(other)
    used(tmp_path / "cache", {one.revision: 100})
    for number in range(8):
        store.verify(make_file(far, f"file{number}"))
        store.verify(other)
    assert held(store, [one, other]) == [False, True]
    store.near.verify(other)


def test_what_is_larger_than_the_whole_cache_works(far: FolderStore, tmp_path: Path) -> None:
    store = through(far, EACH)
    large = make_shared(far, "large")
    store.view(PRODUCT, large, tmp_path / "view")
    assert store.near.has(large.revision)
    store.verify(make_file(far, "next"))
    assert not store.near.has(large.revision)
    assert size_of(tmp_path / "cache") <= EACH
    assert (tmp_path / "view" / "shared0").stat().st_size == EACH


def test_a_path_given_out_stays_as_long_as_its_process(far: FolderStore, tmp_path: Path) -> None:
    keeping, other = through(far, 2 * EACH), through(far, 2 * EACH)
    one = make_file(far, "one")
    path = keeping.path(PRODUCT, one)
    used(tmp_path / "cache", {one.revision: 1000})
    for number in range(5):
        other.verify(make_file(far, f"file{number}"))
    assert path.read_bytes().startswith(b"one")
    del keeping
    other.verify(make_file(far, "last"))
    assert not path.exists()


def test_readable_paths_go_with_their_revision(far: FolderStore, tmp_path: Path) -> None:
    store = through(far, 2 * EACH)
    one = make_shared(far, "one")
    path = store.path(PRODUCT, one)
    del store
    assert Cache(Objects(tmp_path / "cache", "", True), EACH).clear() > 20 * EACH
    assert not path.exists()
    assert size_of(tmp_path / "cache") == 0


@pytest.mark.parametrize("record", ["recent", "size", "users", "evicting", "versions"])
def test_no_record_is_needed(far: FolderStore, tmp_path: Path, record: str) -> None:
    store = through(far, 30 * EACH)
    references = [make_shared(far, "one"), make_file(far, "two")]
    for one in references:
        store.path(PRODUCT, one)
    lost = tmp_path / "cache" / record
    if lost.is_dir():
        lost.rename(tmp_path / "lost")
    else:
        lost.unlink(missing_ok=True)
    again = through(far, 30 * EACH)
    for one in references:
        again.near.verify(one)
    for number in range(5):
        again.verify(make_file(far, f"file{number}"))
    assert held(again, references) == [True, True]  # nothing had to go: 28 files
    for number in range(20):
        again.verify(make_file(far, f"more{number}"))
    assert size_of(tmp_path / "cache") <= 30 * EACH


@pytest.mark.parametrize("content", [b"", b"many", b"-5\n", b"\xff\xff", b"9" * 400])
def test_a_damaged_size_is_counted_again(far: FolderStore, tmp_path: Path, content: bytes) -> None:
    store = through(far, 3 * EACH)
    store.verify(make_file(far, "one"))
    (tmp_path / "cache" / "size").write_bytes(content)
    for number in range(6):
        store.verify(make_file(far, f"file{number}"))
    assert size_of(tmp_path / "cache") <= 3 * EACH


def test_files_of_an_asset_that_is_being_fetched_stay(far: FolderStore, tmp_path: Path) -> None:
    """Its manifest comes last, so nobody knows yet what belongs to it."""
    store = through(far, 3 * EACH)
    coming = make_shared(far, "coming")
    near = store.near
    with near.using(coming):
        store.beyond[0].remote.pull(coming, near.objects)
        manifest = near.objects.path(coming.digest)
        aside = tmp_path / "aside"
        manifest.rename(aside)
        assert Cache(near.objects, EACH).evict() == 0
        aside.rename(manifest)
        near.verify(coming)
    assert Cache(near.objects, EACH).evict() > 0


def test_a_use_that_begins_while_evicting_is_seen(
    far: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = through(far, 100 * EACH)
    one = make_shared(far, "one")
    store.verify(one)
    users: List[in_use.InUse] = []
    marked = eviction._mark

    def begin(objects: Objects, target: int) -> object:
        found = marked(objects, target)
        users.append(in_use.InUse(store.near.objects))
        users[0].add(one.digest)
        return found

    monkeypatch.setattr(eviction, "_mark", begin)
    assert Cache(store.near.objects, EACH).clear() == 0
    store.near.verify(one)
    users[0].drop(one.digest)
    monkeypatch.setattr(eviction, "_mark", marked)
    assert Cache(store.near.objects, EACH).clear() > 20 * EACH


def test_what_processes_use_counts_and_ends_with_them(tmp_path: Path) -> None:
    objects = Objects(tmp_path / "cache", "cache", True)
    digest = reference_to_digest(tmp_path)
    one, other = in_use.InUse(objects), in_use.InUse(objects)
    for user in (one, one, other):
        user.add(digest)
    one.drop(digest)
    other.drop(digest)
    assert list(in_use.revisions(objects.root)) == [digest]
    one.drop(digest)
    one.drop(digest)
    assert in_use.revisions(objects.root) == {}
    one.add(digest)
    del one
    assert in_use.revisions(objects.root) == {}
    assert len(list((objects.root / "users").iterdir())) == 1  # of `other`, which lives


def reference_to_digest(tmp_path: Path):  # type: ignore[no-untyped-def]
    return make_file(FolderStore(tmp_path / "far"), "x").digest


def test_a_cache_that_cannot_be_written_still_gives(
    far: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_file(far, "one")
    through(far, EACH).verify(one)
    monkeypatch.setattr("pipl_pipe.asset.disk.files.os.access", lambda path, how: False)
    store = through(far, EACH)
    store.verify(one)
    store.view(PRODUCT, one, tmp_path / "view")
    assert (tmp_path / "view").read_bytes().startswith(b"one")


def test_where_the_disk_is_full_room_is_made_first(
    far: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = through(far, 100 * EACH)
    references = [make_file(far, name) for name in "abc"]
    for one in references:
        store.verify(one)
    used(tmp_path / "cache", {one.revision: 100 - at for at, one in enumerate(references)})
    free = type("Disk", (), {"free": 10, "total": 10**9})
    monkeypatch.setattr(caches.shutil, "disk_usage", lambda path: free)
    store.verify(make_file(far, "d"))
    assert held(store, references) == [False, True, True]


def test_usage_says_what_is_held(far: FolderStore, tmp_path: Path) -> None:
    empty = Cache(Objects(tmp_path / "none", "", True), 5).usage()
    assert (empty.size_bytes, empty.revisions, empty.in_use, empty.bound_bytes) == (0, 0, 0, 5)
    assert not (tmp_path / "none").exists()
    store = through(far, 9 * EACH)
    store.verify(make_file(far, "one"))
    store.path(PRODUCT, make_file(far, "two"))
    usage = Cache(store.near.objects, 9 * EACH).usage()
    assert (usage.size_bytes, usage.revisions, usage.in_use) == (2 * EACH, 2, 1)


def test_by_default_a_cache_takes_a_fifth_of_the_disk_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"total": 50 * 10**9}
    monkeypatch.setattr(
        caches.shutil, "disk_usage", lambda path: type("Disk", (), {"total": sizes["total"]})
    )
    assert caches.default_bound(tmp_path / "not" / "there") == 10 * 10**9
    sizes["total"] = 10**15
    assert caches.default_bound(tmp_path) == 100 * 10**9
