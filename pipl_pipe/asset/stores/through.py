"""A store that fetches what it lacks from places beyond it."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import Callable, ContextManager, Iterator, List, Optional, Protocol, Tuple, TypeVar

from pipl_pipe.asset.disk import locking
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places.beyond import Source
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Remote, Transfer
from pipl_pipe.asset.store import AssetStore, Stored
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import (
    AlgorithmMissing,
    AssetDamaged,
    AssetError,
    AssetMissing,
    InvalidBucket,
    LibraryMissing,
    StoreForbidden,
    StoreReadOnly,
    StoreUnreachable,
)

T = TypeVar("T")
_ATTEMPTS = 3
"""A cache may lose again what others did not need while this one was being fetched."""
_NOT_NOW = (StoreUnreachable, StoreForbidden, LibraryMissing, InvalidBucket, AlgorithmMissing)


class Near(AssetStore, Protocol):
    """The store in front, which keeps what was fetched."""

    objects: Objects

    def using(self, reference: Reference) -> ContextManager[None]:
        """While it lasts, nothing of the asset is taken away."""

    def room(self, size: int) -> ContextManager[None]:
        """While it lasts, so many bytes arrive."""

    def forget(self, reference: Reference, fault: AssetError) -> bool:
        """Give up what `fault` says is damaged or incomplete; False where that may not be."""


class KeepingStore(FolderStore):
    """A folder store in front: it keeps all that was ever fetched, until it is collected."""

    def using(self, reference: Reference) -> ContextManager[None]:
        return contextlib.nullcontext()

    def room(self, size: int) -> ContextManager[None]:
        return contextlib.nullcontext()

    def forget(self, reference: Reference, fault: AssetError) -> bool:
        return False


class ThroughStore:
    """An AssetStore: `near`, and in their order the sources that are asked for what it lacks."""

    def __init__(
        self,
        near: Near,
        beyond: Tuple[Source, ...],
        *,
        adds: Optional[AssetStore] = None,
        sends: Optional[Source] = None,
    ) -> None:
        """New assets go to `adds`, by default near, and from there on to `sends`."""
        self.near = near
        self.beyond = beyond
        self._adds = adds
        self._sends = sends

    def __repr__(self) -> str:
        return f"ThroughStore({self.near!r}, {[one.name for one in self.beyond]!r})"

    def add(
        self,
        source: Path,
        *,
        product: str,
        asset: str = "",
        link: bool = False,
        progress: Progress = SILENT,
    ) -> Stored:
        """Raises what near raises, and StoreReadOnly, StoreForbidden, StoreUnreachable."""
        sends = self._sends
        if sends is None:
            into = self._adds or self.near
            return into.add(source, product=product, asset=asset, link=link, progress=progress)
        shape = "folder" if source.is_dir() and not source.is_symlink() else "file"
        for _ in range(_ATTEMPTS):
            stored = self.near.add(
                source, product=product, asset=asset, link=link, progress=progress
            )
            reference = _reference(stored.revision, stored.size, shape)
            with self.near.using(reference):
                try:
                    sends.remote.push(reference, self.near.objects, sends.transfer)
                    break
                except (AssetMissing, AssetDamaged) as fault:
                    if not self.near.forget(reference, fault):
                        raise
        else:
            raise AssetMissing(stored.revision, self.near.objects.name, asset)
        return stored

    def has(self, revision: str) -> bool:
        """Whether any place holds it. Raises StoreUnreachable where one could not be asked."""
        if self.near.has(revision):
            return True
        reference = _reference(revision, 0, "folder")
        faults: List[AssetError] = []
        for source in self.beyond:
            try:
                if source.asked(lambda remote: remote.has(reference)):
                    return True
            except _NOT_NOW as fault:
                faults.append(fault)
        if faults:
            raise self._unreachable(faults)
        return False

    def path(self, product: str, reference: Reference) -> Path:
        return self._got(product, reference, lambda: self.near.path(product, reference))

    def view(
        self,
        product: str,
        reference: Reference,
        destination: Path,
        *,
        link: bool = True,
        progress: Progress = SILENT,
    ) -> None:
        self._got(
            product,
            reference,
            lambda: self.near.view(product, reference, destination, link=link, progress=progress),
        )

    def verify(self, reference: Reference, *, progress: Progress = SILENT) -> None:
        self._got("", reference, lambda: self.near.verify(reference, progress=progress))

    def revisions(self) -> Iterator[str]:
        """Of what is near: others are not asked for their whole lists."""
        return self.near.revisions()

    def fetch(self, product: str, reference: Reference) -> None:
        """Have all of the asset near. Raises AssetMissing, AssetDamaged, StoreUnreachable."""
        self._got(product, reference, lambda: _expect_all(self.near.objects, reference))

    def close(self) -> None:
        """Give up the connections of all sources."""
        for source in (*self.beyond, *([self._sends] if self._sends is not None else [])):
            source.close()

    def _got(self, product: str, reference: Reference, act: Callable[[], T]) -> T:
        """The outcome of `act` on near, after fetching what it lacks."""
        with self.near.using(reference):
            try:
                return act()
            except (AssetMissing, AssetDamaged):
                if not self.beyond:
                    raise
            with self._turn(reference):
                return self._got_in_turn(product, reference, act)

    def _got_in_turn(self, product: str, reference: Reference, act: Callable[[], T]) -> T:
        last: Optional[Tuple[object, ...]] = None
        for _ in range(_ATTEMPTS):
            try:
                return act()
            except (AssetMissing, AssetDamaged) as fault:
                if not self.near.forget(reference, fault) and last == fault.args:
                    raise
                last = fault.args
                self._fetch(product, reference, fault)
        return act()

    def _fetch(self, product: str, reference: Reference, lacking: AssetError) -> None:
        """Pull from the first source that holds the asset.

        Raises StoreUnreachable where one that may hold it could not be asked, else
        AssetDamaged, else AssetMissing naming every place.
        """
        faults: List[AssetError] = []
        damaged: Optional[AssetDamaged] = lacking if isinstance(lacking, AssetDamaged) else None
        for source in self.beyond:
            try:
                with self.near.room(reference.size):
                    source.asked(partial(self._pull, reference, source.transfer))
            except AssetMissing as fault:
                if fault.where in (self.near.objects.name, str(self.near.objects.root)):
                    return  # taken away from near meanwhile: the caller tries again
            except AssetDamaged as fault:
                damaged = damaged or fault
            except _NOT_NOW as fault:
                faults.append(fault)
            else:
                return
        if faults:
            raise self._unreachable(faults) from faults[0]
        if damaged is not None:
            raise damaged
        asset = f"{product}/{reference.name}" if product else reference.name
        raise AssetMissing(reference.revision, self._names, asset) from lacking

    def _pull(self, reference: Reference, transfer: Transfer, remote: Remote) -> None:
        remote.pull(reference, self.near.objects, transfer)

    @property
    def _names(self) -> str:
        return ", ".join((self.near.objects.name, *(source.name for source in self.beyond)))

    def _unreachable(self, faults: List[AssetError]) -> StoreUnreachable:
        """What kept from asking everywhere, with what helps against it."""
        reasons = [
            fault.reason if isinstance(fault, StoreUnreachable) else f"{fault} ({fault.advice})"
            for fault in faults
        ]
        return StoreUnreachable(self._names, "; ".join(reasons))

    @contextlib.contextmanager
    def _turn(self, reference: Reference) -> Iterator[None]:
        """One process at a time fetches an asset; the others find it there afterwards."""
        objects = self.near.objects
        try:
            with objects.lock():
                folder = objects.root / "turns"
                folder.mkdir(exist_ok=True)
        except StoreReadOnly:  # pulling says so, where there is anything to pull
            yield
            return
        with locking.locked(folder / reference.digest.hex[:2]):
            yield


def _expect_all(objects: Objects, reference: Reference) -> None:
    """Raises AssetMissing, AssetDamaged, by names and sizes alone."""
    if reference.shape == "file":
        objects.present(reference.digest, size=reference.size, asset=reference.name)
        return
    for entry in objects.manifest(reference, asset=reference.name).entries:
        objects.present(entry.digest, size=entry.size, asset=f"{reference.name}/{entry.path}")


def _reference(revision: str, size: int, shape: str) -> Reference:
    """What remotes need to know of a revision that no product refers to yet."""
    return Reference("asset", "File", "asset", shape, revision, size)
