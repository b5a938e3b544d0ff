"""The asset stores over one suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.testing.asset_store import AssetStoreSuite


class TestFolderStore(AssetStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> AssetStore:
        return FolderStore(tmp_path / "store")

    @pytest.fixture
    def writer(self, store: AssetStore) -> AssetStore:
        return store


class TestMemoryStore(AssetStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> AssetStore:
        return MemoryStore(tmp_path / "given")

    @pytest.fixture
    def writer(self, store: AssetStore) -> AssetStore:
        return store
