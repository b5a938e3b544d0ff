"""A folder store bounded in size, shared by all projects and processes of a machine."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import ContextManager, Iterator, Optional, Sequence

from pipl_pipe.asset.cache.in_use import InUse
from pipl_pipe.asset.cache.room import Cache
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects.laying import DEFAULT_WAYS, SYMLINK
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import Stored
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AlgorithmMissing, AssetDamaged, AssetError, AssetMissing, StoreReadOnly


class CacheStore(FolderStore):
    """An AssetStore that gives up what was used the longest ago.

    A path given out stays until this process ends. Views are never symbolic links into a cache:
    they keep what they show when it goes.
    """

    def __init__(
        self,
        root: Path,
        *,
        bound_bytes: Optional[int] = None,
        ways: Sequence[str] = DEFAULT_WAYS,
        algorithm: str = "",
        stat_cache: Optional[Path] = None,
    ) -> None:
        """`bound_bytes`: see Cache; the others: see FolderStore."""
        super().__init__(
            root,
            name=f"cache {root}",
            parents=True,
            ways=tuple(way for way in ways if way != SYMLINK),
            algorithm=algorithm,
            stat_cache=stat_cache,
        )
        self.cache = Cache(self.objects, bound_bytes)
        self._in_use = InUse(self.objects)

    def __repr__(self) -> str:
        return f"CacheStore({str(self.root)!r})"

    def add(
        self,
        source: Path,
        *,
        product: str,
        asset: str = "",
        link: bool = False,
        progress: Progress = SILENT,
    ) -> Stored:
        stored = super().add(source, product=product, asset=asset, link=link, progress=progress)
        digest = Digest.parse(stored.revision)
        with self._using(digest), self.cache.room(stored.size):
            return stored

    def path(self, product: str, reference: Reference) -> Path:
        self._in_use.add(reference.digest)
        try:
            found = super().path(product, reference)
        except BaseException:
            self._in_use.drop(reference.digest)
            raise
        self.cache.touch(reference.digest)
        return found

    def view(
        self,
        product: str,
        reference: Reference,
        destination: Path,
        *,
        link: bool = True,
        progress: Progress = SILENT,
    ) -> None:
        with self._using(reference.digest):
            super().view(product, reference, destination, link=link, progress=progress)

    def verify(self, reference: Reference, *, progress: Progress = SILENT) -> None:
        with self._using(reference.digest):
            super().verify(reference, progress=progress)

    def using(self, reference: Reference) -> ContextManager[None]:
        """While it lasts, no process takes anything of the asset away."""
        return self._using(reference.digest)

    def room(self, size: int) -> ContextManager[None]:
        """While it lasts, so many bytes arrive; room is made for them first."""
        return self.cache.room(size)

    def forget(self, reference: Reference, fault: AssetError) -> bool:
        """Give up all that is damaged, or a manifest whose files are not all here."""
        doomed = {reference.digest} if reference.shape != "file" else set()
        if isinstance(fault, AssetDamaged):
            doomed |= {Digest.parse(fault.revision), *self._damaged(reference)}
        try:
            with self.objects.lock(exclusive=True):
                for digest in doomed:
                    files.remove(self.objects.path(digest))
        except StoreReadOnly:
            return False
        return True

    def _damaged(self, reference: Reference) -> Iterator[Digest]:
        """The objects of an asset that are not what they should be, as far as it can be told."""
        try:
            listed = self.objects.manifest(reference, asset="").entries
        except (AssetDamaged, AssetMissing):
            return
        for entry in listed:
            try:
                self.objects.verify(entry.digest, size=entry.size, asset="")
            except AssetMissing:
                continue
            except AssetDamaged:
                yield entry.digest
            except AlgorithmMissing:
                return

    @contextlib.contextmanager
    def _using(self, revision: Digest) -> Iterator[None]:
        self._in_use.add(revision)
        try:
            yield
            if self.objects.has(revision):
                self.cache.touch(revision)
        finally:
            self._in_use.drop(revision)
