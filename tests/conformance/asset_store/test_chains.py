"""Stores that stand before others, over the suite of asset stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.asset.places.beyond import Source
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.remotes.store import StoreRemote
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.stores.cache import CacheStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.through import KeepingStore, ThroughStore
from pipl_pipe.testing.asset_store import AssetStoreSuite


class TestCacheStore(AssetStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> AssetStore:
        return CacheStore(tmp_path / "cache", bound_bytes=10**9)

    @pytest.fixture
    def writer(self, store: AssetStore) -> AssetStore:
        return store


class TestCacheBeforeAStore(AssetStoreSuite):
    @pytest.fixture
    def writer(self, tmp_path: Path) -> FolderStore:
        return FolderStore(tmp_path / "store")

    @pytest.fixture
    def store(self, writer: FolderStore, tmp_path: Path) -> AssetStore:
        source = Source("store", lambda: StoreRemote(writer.objects))
        return ThroughStore(CacheStore(tmp_path / "cache"), (source,), adds=writer)


class TestCacheThatKeepsNothing(TestCacheBeforeAStore):
    """Every asset is larger than the whole cache."""

    @pytest.fixture
    def store(self, writer: FolderStore, tmp_path: Path) -> AssetStore:
        source = Source("store", lambda: StoreRemote(writer.objects))
        cache = CacheStore(tmp_path / "cache", bound_bytes=1)
        return ThroughStore(cache, (source,), adds=writer)


class TestStoreBeforeABucket(AssetStoreSuite):
    """Written at one place, which sends it to the bucket; read at another."""

    @pytest.fixture
    def source(self) -> Source:
        bucket = MemoryBucket("bucket")
        return Source("bucket", lambda: BucketRemote(bucket))

    @pytest.fixture
    def writer(self, source: Source, tmp_path: Path) -> AssetStore:
        return ThroughStore(KeepingStore(tmp_path / "far"), (), sends=source)

    @pytest.fixture
    def store(self, source: Source, tmp_path: Path) -> AssetStore:
        return ThroughStore(KeepingStore(tmp_path / "near"), (source,))
