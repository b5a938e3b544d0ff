from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest

from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places.beyond import Source
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import PLAIN, Transfer
from pipl_pipe.asset.remotes.store import StoreRemote
from pipl_pipe.asset.stores.cache import CacheStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.through import KeepingStore, ThroughStore
from pipl_pipe.errors import (
    AssetDamaged,
    AssetError,
    AssetMissing,
    LibraryMissing,
    StoreForbidden,
    StoreReadOnly,
    StoreUnreachable,
)
from pipl_pipe.testing.asset_store import MISSING, PRODUCT, Stored, make_folder, reference_to


@dataclass
class Faulty:
    """A remote that always fails in the same way."""

    fault: AssetError
    name: str = "faulty"
    asked: List[str] = field(default_factory=list)

    def has(self, reference: Reference) -> bool:
        if isinstance(self.fault, AssetMissing):
            return False
        raise self.fault

    def push(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        raise self.fault

    def pull(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        self.asked.append(reference.revision)
        raise self.fault

    def verify(self, reference: Reference, transfer: Transfer = PLAIN) -> None:
        raise self.fault

    def revisions(self) -> Iterator[str]:
        raise self.fault

    def close(self) -> None:
        return


class Counting(StoreRemote):
    """Counts what is pulled."""

    pulls = 0
    closed = 0

    def pull(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        self.pulls += 1
        super().pull(reference, near, transfer)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def far(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "far")


@pytest.fixture
def counting(far: FolderStore) -> Counting:
    return Counting(far.objects)


@pytest.fixture
def textures(far: FolderStore, tmp_path: Path) -> Reference:
    """A folder asset that the far store holds."""
    stored = far.add(make_folder(tmp_path / "source"), product=PRODUCT)
    return reference_to(stored, "textures", "folder")


def cached(tmp_path: Path, *remotes: Any, bound: Optional[int] = None) -> ThroughStore:
    near = CacheStore(tmp_path / "cache", bound_bytes=bound)
    return ThroughStore(near, tuple(Source(one.name, lambda one=one: one) for one in remotes))


def kept(tmp_path: Path, *remotes: Any) -> ThroughStore:
    near = KeepingStore(tmp_path / "near")
    return ThroughStore(near, tuple(Source(one.name, lambda one=one: one) for one in remotes))


def flip(path: Path) -> None:
    """Damage an object without changing its size."""
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    path.chmod(0o444)


def test_what_is_near_asks_nobody(tmp_path: Path, counting: Counting, textures: Reference) -> None:
    store = cached(tmp_path, counting)
    store.view(PRODUCT, textures, tmp_path / "view")
    store.path(PRODUCT, textures)
    store.verify(textures)
    assert counting.pulls == 1
    store.close()
    assert counting.closed == 1


def test_a_source_is_opened_when_it_is_needed(far: FolderStore, tmp_path: Path) -> None:
    def never() -> Any:
        raise AssertionError("nothing was missing")

    (tmp_path / "model").write_bytes(b"x")
    store = ThroughStore(KeepingStore(tmp_path / "near"), (Source("never", never),))
    stored = store.add(tmp_path / "model", product=PRODUCT)
    assert store.has(stored.revision)
    store.path(PRODUCT, reference_to(stored, "model"))


def test_several_threads_fetch_once(
    tmp_path: Path, counting: Counting, textures: Reference
) -> None:
    store = cached(tmp_path, counting)
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda _: store.path(PRODUCT, textures), range(8)))
    assert len(paths) == 1
    assert counting.pulls == 1


def test_the_next_source_is_asked_after_any_fault(
    tmp_path: Path, counting: Counting, textures: Reference
) -> None:
    faults: Dict[str, AssetError] = {
        "down": StoreUnreachable("down", "connection refused"),
        "closed": StoreForbidden("closed", "403"),
        "exotic": LibraryMissing("obstore", "exotic"),
        "bad": AssetDamaged(textures.revision, "bad", "what arrived is something else"),
        "empty": AssetMissing(textures.revision, "empty"),
    }
    remotes = [Faulty(fault, name) for name, fault in faults.items()]
    store = cached(tmp_path, *remotes, counting)
    store.view(PRODUCT, textures, tmp_path / "view")
    assert all(one.asked == [textures.revision] for one in remotes)
    assert (tmp_path / "view" / "readme.txt").is_file()


def test_what_no_place_holds_is_an_error_that_names_all(tmp_path: Path, far: FolderStore) -> None:
    missing = reference_to(Stored(MISSING, 3), "model.usdc")
    store = cached(tmp_path, Faulty(AssetMissing(MISSING, "one"), "one"), StoreRemote(far.objects))
    with pytest.raises(AssetMissing) as caught:
        store.view(PRODUCT, missing, tmp_path / "view")
    assert caught.value.asset == "hero_geo/model"
    for name in (str(tmp_path / "cache"), "one", str(far.root)):
        assert name in caught.value.where
    assert not store.has(MISSING)


def test_a_place_that_could_not_be_asked_is_told_with_what_helps(tmp_path: Path) -> None:
    missing = reference_to(Stored(MISSING, 3), "model.usdc")
    store = cached(
        tmp_path,
        Faulty(AssetMissing(MISSING, "one"), "one"),
        Faulty(LibraryMissing("obstore", "studio"), "studio"),
    )
    with pytest.raises(StoreUnreachable) as caught:
        store.path(PRODUCT, missing)
    assert "obstore" in str(caught.value)
    assert "pipl work sync" in str(caught.value)
    with pytest.raises(StoreUnreachable):
        store.has(MISSING)


def test_a_source_that_is_down_is_left_alone_for_a_while(
    tmp_path: Path, counting: Counting, textures: Reference
) -> None:
    now = [0.0]
    down = Faulty(StoreUnreachable("down", "connection refused"), "down")
    source = Source("down", lambda: down, clock=lambda: now[0])
    store = ThroughStore(CacheStore(tmp_path / "cache"), (source,))
    for _ in range(3):
        with pytest.raises(StoreUnreachable, match="connection refused"):
            store.path(PRODUCT, textures)
    assert len(down.asked) == 1
    now[0] = source.rest_s
    with pytest.raises(StoreUnreachable):
        store.path(PRODUCT, textures)
    assert len(down.asked) == 2


def test_an_object_that_a_cache_lost_is_fetched_again(
    tmp_path: Path, counting: Counting, textures: Reference
) -> None:
    store = cached(tmp_path, counting)
    store.verify(textures)
    objects = store.near.objects
    entry = objects.manifest(textures, asset="").entries[0]
    objects.path(entry.digest).unlink()
    store.view(PRODUCT, textures, tmp_path / "view")
    assert counting.pulls == 2


def test_a_damaged_object_in_a_cache_is_fetched_again(
    tmp_path: Path, counting: Counting, textures: Reference
) -> None:
    store = cached(tmp_path, counting)
    store.verify(textures)
    objects = store.near.objects
    for entry in objects.manifest(textures, asset="").entries:
        flip(objects.path(entry.digest))
    store.verify(textures)
    assert counting.pulls == 2
    flip(objects.path(textures.digest))
    store.verify(textures)
    assert counting.pulls == 3


def test_a_damaged_object_in_the_projects_store_is_left_for_repair(
    tmp_path: Path, counting: Counting, textures: Reference
) -> None:
    store = kept(tmp_path, counting)
    store.verify(textures)
    damaged = store.near.objects.manifest(textures, asset="").entries[0].digest
    flip(store.near.objects.path(damaged))
    with pytest.raises(AssetDamaged, match=str(damaged)):
        store.verify(textures)
    assert store.near.objects.has(damaged)


def test_damage_beyond_never_comes_near(
    tmp_path: Path, far: FolderStore, counting: Counting, textures: Reference
) -> None:
    entry = far.objects.manifest(textures, asset="").entries[0]
    flip(far.objects.path(entry.digest))
    store = cached(tmp_path, counting)
    with pytest.raises(AssetDamaged, match=str(far.root)):
        store.view(PRODUCT, textures, tmp_path / "view")
    assert not store.near.objects.has(entry.digest)
    assert not store.near.objects.has(textures.digest)
    assert not (tmp_path / "view").exists()


def test_what_is_added_is_sent_on(tmp_path: Path, far: FolderStore) -> None:
    source = Source("far", lambda: StoreRemote(far.objects))
    store = ThroughStore(CacheStore(tmp_path / "cache"), (source,), sends=source)
    stored = store.add(make_folder(tmp_path / "textures"), product=PRODUCT)
    far.verify(reference_to(stored, "textures", "folder"))
    (tmp_path / "model").write_bytes(b"x")
    far.verify(reference_to(store.add(tmp_path / "model", product=PRODUCT), "model"))


def test_what_cannot_be_sent_on_is_an_error(tmp_path: Path) -> None:
    closed = Faulty(StoreReadOnly("server"))
    source = Source("server", lambda: closed)
    store = ThroughStore(CacheStore(tmp_path / "cache"), (source,), sends=source)
    (tmp_path / "model").write_bytes(b"x")
    with pytest.raises(StoreReadOnly, match="server"):
        store.add(tmp_path / "model", product=PRODUCT)


def test_fetching_lays_nothing(tmp_path: Path, counting: Counting, textures: Reference) -> None:
    store = cached(tmp_path, counting)
    store.fetch(PRODUCT, textures)
    store.fetch(PRODUCT, textures)
    assert counting.pulls == 1
    assert not (tmp_path / "cache" / "versions").exists()
