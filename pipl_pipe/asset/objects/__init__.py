"""Objects: content in a folder, named by its digest.

    <root>/objects/<algorithm>/<first 2 hex digits>/<the other digits>     mode 0444
    <root>/recent/<algorithm>-<hex>     empty; its time is when the revision was last stored
    <root>/tmp/                         being written
    <root>/lock                         shared by who publishes, exclusive for who sweeps

An object appears by rename, complete and flushed; a folder's manifest appears after its files,
so a manifest that is there promises that its files are.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.manifest import Manifest
from pipl_pipe.asset.objects.batch import Batch, remember
from pipl_pipe.asset.reference import Reference
from pipl_pipe.errors import (
    AssetDamaged,
    AssetMissing,
    InvalidDigest,
    StoreReadOnly,
    StoreUnreachable,
)


@dataclass(frozen=True)
class Objects:
    """The objects below `root`; `name` is what messages call the store.

    `root` is made on the first write, but not the folders above it unless `parents`: a share
    that is not mounted must not be mistaken for an empty store.
    """

    root: Path
    name: str
    parents: bool = False

    def path(self, digest: Digest) -> Path:
        return Path(self._path(digest))

    def has(self, digest: Digest, size: Optional[int] = None) -> bool:
        """Whether the object is there, of that size where one is given."""
        try:
            status = os.stat(self._path(digest))
        except OSError:
            return False
        return size is None or status.st_size == size

    def present(self, digest: Digest, *, size: int, asset: str, path: str = "") -> str:
        """The path of an object of that size. Raises AssetMissing, AssetDamaged.

        `asset`, and the `path` of the file in it, are for the message.
        """
        found = self._path(digest)
        try:
            found_size = os.stat(found).st_size
        except FileNotFoundError as fault:
            file = f"{asset}/{path}" if path else asset
            raise AssetMissing(str(digest), self.name, file) from fault
        if found_size != size:
            raise AssetDamaged(str(digest), self.name, f"{found_size} bytes instead of {size}")
        return found

    def manifest(self, reference: Reference, *, asset: str) -> Manifest:
        """The manifest of a folder or sequence, its own content verified.

        Where its algorithm is missing it is believed like any file. Raises AssetMissing,
        AssetDamaged.
        """
        content = self.manifest_content(reference, asset=asset)
        return manifest.verified(content, reference, where=self.name)

    def manifest_content(self, reference: Reference, *, asset: str) -> bytes:
        """Of a manifest, as it lies here: nothing of it is believed yet. Raises AssetMissing."""
        try:
            with self.path(reference.digest).open("rb") as file:
                return file.read(manifest.MAX_BYTES + 1)
        except FileNotFoundError as fault:
            raise AssetMissing(reference.revision, self.name, asset) from fault

    def verify(self, digest: Digest, *, size: int, asset: str) -> None:
        """Read an object again. Raises AssetMissing, AssetDamaged, AlgorithmMissing."""
        path = self.present(digest, size=size, asset=asset)
        found = digests.of_file(Path(path), digest.algorithm)
        if found != digest:
            raise AssetDamaged(str(digest), self.name, f"its content has digest {found}")

    def digests(self) -> Iterator[Digest]:
        for path in (self.root / "objects").glob("*/??/*"):
            with contextlib.suppress(InvalidDigest):  # a stray file is not an object
                yield Digest.parse(f"{path.parent.parent.name}:{path.parent.name}{path.name}")

    @contextlib.contextmanager
    def batch(self) -> Iterator[Batch]:
        """Files to be published together; what is not published is gone afterwards.

        Raises StoreReadOnly, StoreUnreachable, StoreFull (also for what is written in it).
        """
        with files.storing(self.root):
            self._make_root()
            with Batch.started(self.root, self._path) as batch:
                yield batch
                batch.publish()

    def partial(self, digest: Digest) -> Path:
        """A folder for an object that arrives piece by piece, kept over a kill -9; made now.

        Raises as `batch` does.
        """
        with files.storing(self.root):
            self._make_root()
            folder = self.root / "tmp" / "partial" / f"{digest.algorithm}-{digest.hex}"
            folder.mkdir(parents=True, exist_ok=True)
            return folder

    @contextlib.contextmanager
    def lock(self, *, exclusive: bool = False) -> Iterator[None]:
        """Held shared by who publishes; exclusively by who takes objects away.

        Raises as `batch` does.
        """
        self._make_root()
        with locking.locked(self.root / "lock", exclusive=exclusive):
            yield

    def remember(self, revision: Digest) -> None:
        """Note that the revision was stored now: it is not swept for a while."""
        remember(self.root, revision)

    def _path(self, digest: Digest) -> str:
        return os.sep.join([str(self.root), "objects", digest[0], digest[1][:2], digest[1][2:]])

    def _make_root(self) -> None:
        try:
            self.root.mkdir(parents=self.parents, exist_ok=True)
            (self.root / "tmp").mkdir(exist_ok=True)
            files.expect_writable(self.root / "tmp")
        except OSError as fault:
            if fault.errno in files.FORBIDDEN:
                raise StoreReadOnly(self.name) from fault
            if fault.errno in files.FULL:
                raise
            raise StoreUnreachable(self.name, fault.strerror or str(fault)) from fault
