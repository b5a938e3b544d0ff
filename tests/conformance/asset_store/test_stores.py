"""The asset stores over one suite."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.http import HttpStore
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.errors import AssetDamaged, StoreReadOnly, StoreUnreachable
from pipl_pipe.testing.asset_store import PRODUCT, AssetStoreSuite, reference_to


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


class _Server(SimpleHTTPRequestHandler):
    """Gives a folder store's objects at the addresses of pipl's devpi plugin."""

    def translate_path(self, path: str) -> str:
        algorithm, digits = path.removeprefix("/+pipl/assets/").split("/")
        return f"{self.directory}/objects/{algorithm}/{digits[:2]}/{digits[2:]}"

    def log_message(self, *_: object) -> None:
        pass


class TestHttpStore(AssetStoreSuite):
    @pytest.fixture
    def writer(self, tmp_path: Path) -> AssetStore:
        return FolderStore(tmp_path / "served")

    @pytest.fixture
    def url(self, tmp_path: Path) -> Iterator[str]:
        handler = partial(_Server, directory=str(tmp_path / "served"))
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    @pytest.fixture
    def store(self, url: str, tmp_path: Path) -> AssetStore:
        return HttpStore(url, tmp_path / "cache")

    def test_it_cannot_be_written(self, store: AssetStore, tmp_path: Path) -> None:
        (tmp_path / "model.usdc").write_bytes(b"x")
        with pytest.raises(StoreReadOnly):
            store.add(tmp_path / "model.usdc", product=PRODUCT)

    def test_what_was_fetched_is_there_without_the_server(
        self, store: HttpStore, writer: FolderStore, tmp_path: Path
    ) -> None:
        reference = reference_to(self.add_folder(writer, tmp_path), "textures", "folder")
        store.path(PRODUCT, reference)
        away = HttpStore("http://127.0.0.1:1", store.cache.root)
        assert (away.path(PRODUCT, reference) / "bake").is_file()
        away.verify(reference)

    def test_a_server_that_is_away_is_named(self, store: HttpStore, tmp_path: Path) -> None:
        away = HttpStore("http://127.0.0.1:1", tmp_path / "cache")
        with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:1"):
            away.has("sha256:" + "1" * 64)

    @pytest.mark.parametrize("served", [b"pointz", b"poin", b"points and more"])
    def test_wrong_bytes_never_reach_the_cache(
        self, store: HttpStore, writer: FolderStore, tmp_path: Path, served: bytes
    ) -> None:
        reference = reference_to(self.add_file(writer, tmp_path), "model.usdc")
        path = Objects(writer.root, "").path(reference.digest)
        path.chmod(0o644)
        path.write_bytes(served)
        with pytest.raises(AssetDamaged):
            store.view(PRODUCT, reference, tmp_path / "view")
        assert list(store.revisions()) == []
        assert not (tmp_path / "view").exists()

    def test_a_damaged_manifest_in_the_cache_is_fetched_again(
        self, store: HttpStore, writer: FolderStore, tmp_path: Path
    ) -> None:
        reference = reference_to(self.add_folder(writer, tmp_path), "textures", "folder")
        store.verify(reference)
        held = store.cache.objects.path(reference.digest)
        held.chmod(0o644)
        held.write_bytes(held.read_bytes()[:-3])
        store.verify(reference)
