"""The project's own store as a remote, such as before a cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl_pipe.asset import manifest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remote import Remote
from pipl_pipe.asset.remotes import store
from pipl_pipe.asset.remotes.store import StoreRemote
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.testing.asset_remote import AssetRemoteSuite, add


class TestStoreRemote(AssetRemoteSuite):
    @pytest.fixture
    def remote(self, tmp_path: Path) -> Remote:
        self.there = Objects(tmp_path / "there", "there", parents=True)
        return StoreRemote(self.there)

    @pytest.fixture
    def near(self, tmp_path: Path) -> Objects:
        return Objects(tmp_path / "near", "near", parents=True)

    def damage(self, remote: Remote) -> None:
        for path in self.there.root.glob("objects/*/??/*"):
            content = path.read_bytes()
            if content:
                path.chmod(0o644)
                path.write_bytes(bytes([content[0] ^ 1]) + content[1:])

    def lose(self, remote: Remote) -> None:
        for path in self.there.root.glob("objects/*/??/*"):
            if manifest.FORMAT.encode() not in path.read_bytes():
                path.unlink()

    def test_a_large_copy_goes_on_where_it_was_cut(
        self, remote: Remote, near: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "_LARGE_BYTES", 1000)
        monkeypatch.setattr(store, "_PIECE_BYTES", 1000)
        monkeypatch.setattr(files, "cloned", lambda source, aside: False)
        (tmp_path / "large").write_bytes(b"0123456789" * 1000)
        reference = add(near, tmp_path / "large")
        written = []

        def cut(file: object, content: bytes) -> None:
            if len(written) == 4:
                raise KeyboardInterrupt
            written.append(content)
            file.write(content)  # type: ignore[attr-defined]

        write = files.write
        monkeypatch.setattr(files, "write", cut)
        with pytest.raises(KeyboardInterrupt):
            remote.push(reference, near)
        assert not remote.has(reference)
        (left,) = (self.there.root / "tmp" / "partial").glob("*/content")
        assert left.stat().st_size == 4000
        again = []
        monkeypatch.setattr(
            files, "write", lambda file, content: (again.append(content), write(file, content))
        )
        remote.push(reference, near)
        assert sum(map(len, again)) == 6000
        FolderStore(self.there.root).verify(reference)
        assert list((self.there.root / "tmp" / "partial").iterdir()) == []
