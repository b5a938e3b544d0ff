"""Objects: content in a folder, named by its digest.

    <root>/objects/<algorithm>/<first 2 hex digits>/<the other digits>     mode 0444
    <root>/tmp/                                                            being written

An object appears by rename, complete and flushed; a folder's manifest appears after its files.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List

from pipl_pipe.asset import files, manifest
from pipl_pipe.asset.digest import DEFAULT, Digest, of_bytes, of_file
from pipl_pipe.asset.manifest import Entry, Manifest
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import Stored
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
        return self.root / "objects" / digest.algorithm / digest.hex[:2] / digest.hex[2:]

    def add(self, source: Path, *, link: bool) -> Stored:
        """Store a file or folder. Raises AssetRefused, StoreFull."""
        with self.aside() as aside:
            if source.is_dir() and not source.is_symlink():
                return self._add_folder(source, aside, link=link)
            digest, status = files.take(source, aside / "file", link=link)
            self._publish({digest: aside / "file"})
            return Stored(str(digest), status.st_size)

    @contextlib.contextmanager
    def aside(self) -> Iterator[Path]:
        """A private folder on the store's file system, gone afterwards.

        Raises StoreReadOnly, StoreUnreachable, StoreFull (also for what is written in it).
        """
        with files.storing(self.root):
            folder = self._make_aside()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def take_in(self, digest: Digest, aside: Path) -> None:
        """Publish a complete, flushed, read-only file whose digest the caller has verified."""
        with files.storing(self.root):
            self._publish({digest: aside})

    def present(self, digest: Digest, *, size: int, asset: str) -> Path:
        """The path of an object of that size. Raises AssetMissing, AssetDamaged."""
        path = self.path(digest)
        try:
            found = path.stat().st_size
        except FileNotFoundError as fault:
            raise AssetMissing(str(digest), self.name, asset) from fault
        if found != size:
            raise AssetDamaged(str(digest), self.name, f"{found} bytes instead of {size}")
        return path

    def manifest(self, reference: Reference, *, asset: str) -> Manifest:
        """The manifest of a folder or sequence, its own content verified."""
        path = self.path(reference.digest)
        try:
            with path.open("rb") as file:
                content = file.read(manifest.MAX_BYTES + 1)
        except FileNotFoundError as fault:
            raise AssetMissing(reference.revision, self.name, asset) from fault
        found = of_bytes(content, reference.digest.algorithm)
        if found != reference.digest:
            raise AssetDamaged(reference.revision, self.name, f"its manifest has digest {found}")
        listed = manifest.parse(content, revision=reference.revision, where=self.name)
        if listed.size != reference.size:
            said = f"its manifest says {listed.size} bytes, the product {reference.size}"
            raise AssetDamaged(reference.revision, self.name, said)
        return listed

    def verify(self, digest: Digest, *, size: int, asset: str) -> None:
        """Read an object again. Raises AssetMissing, AssetDamaged."""
        found = of_file(self.present(digest, size=size, asset=asset), digest.algorithm)
        if found != digest:
            raise AssetDamaged(str(digest), self.name, f"its content has digest {found}")

    def digests(self) -> Iterator[Digest]:
        for path in (self.root / "objects").glob("*/??/*"):
            with contextlib.suppress(InvalidDigest):  # a stray file is not an object
                yield Digest.parse(f"{path.parent.parent.name}:{path.parent.name}{path.name}")

    def _make_aside(self) -> Path:
        place = self.root / "tmp"
        try:
            self.root.mkdir(parents=self.parents, exist_ok=True)
            place.mkdir(exist_ok=True)
            return Path(tempfile.mkdtemp(dir=place))
        except OSError as fault:
            if fault.errno in files.FORBIDDEN:
                raise StoreReadOnly(self.name) from fault
            if fault.errno in files.FULL:
                raise
            raise StoreUnreachable(self.name, fault.strerror or str(fault)) from fault

    def _add_folder(self, source: Path, aside: Path, *, link: bool) -> Stored:
        entries: List[Entry] = []
        taken: Dict[Digest, Path] = {}
        listed = manifest.walk(source)
        for number, (name, path) in enumerate(listed):
            digest, status = files.take(path, aside / str(number), link=link)
            mode = manifest.read_mode(status.st_mode)
            entries.append(Entry(name, status.st_size, mode, digest))
            taken[digest] = aside / str(number)
        if manifest.walk(source) != listed:
            raise files.changed(source)
        whole = Manifest(tuple(entries))
        content = whole.render()
        digest = of_bytes(content, DEFAULT)
        files.save(content, aside / "manifest")
        self._publish({**taken, digest: aside / "manifest"})
        return Stored(str(digest), whole.size)

    def _publish(self, complete: Dict[Digest, Path]) -> None:
        """Rename into place, in the order given; all folders are made before the first rename.

        An object that is there already stays, unless it was cut short.
        """
        targets = {self.path(digest): aside for digest, aside in complete.items()}
        folders = {target.parent for target in targets}
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for target, aside in targets.items():
            if not (target.exists() and target.stat().st_size == aside.stat().st_size):
                aside.replace(target)
        for folder in folders:
            files.sync_folder(folder)
