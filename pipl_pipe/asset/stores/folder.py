"""A store in a folder: the default, and the base of per-machine caches.

Beside the objects (see `asset.objects`) it keeps readable paths, made on first use:

    <root>/versions/<product>/<algorithm>-<hex>/<basename>
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator, Optional, Sequence

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.names import basename_problem
from pipl_pipe.asset.objects import Objects, laying
from pipl_pipe.asset.objects.intake import Intake
from pipl_pipe.asset.objects.laying import DEFAULT_WAYS, HARDLINK, PRIVATE_WAYS
from pipl_pipe.asset.objects.stat_cache import StatCache
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import Stored
from pipl_pipe.errors import AssetRefused


class FolderStore:
    """An AssetStore below `root`, which is made when something is stored."""

    def __init__(
        self,
        root: Path,
        *,
        name: str = "",
        parents: bool = False,
        ways: Sequence[str] = DEFAULT_WAYS,
        algorithm: str = "",
        stat_cache: Optional[Path] = None,
    ) -> None:
        """`name` is what messages call the store; for `parents` see Objects.

        `ways` (of `laying.WAYS`) are tried in order when files are laid out; `algorithm` is for
        new content; `stat_cache` is a file on a local disk that remembers what was stored.
        """
        self.root = root
        self.ways = tuple(ways)
        self.objects = Objects(root, name or str(root), parents)
        cache = StatCache(stat_cache) if stat_cache else None
        self._intake = Intake(self.objects, algorithm or digests.default(), cache)

    def __repr__(self) -> str:
        return f"FolderStore({str(self.root)!r})"

    def add(
        self,
        source: Path,
        *,
        product: str,
        asset: str = "",
        link: bool = False,
        progress: Progress = SILENT,
    ) -> Stored:
        return self._intake.take(source, link=link, progress=progress)

    def has(self, revision: str) -> bool:
        return self.objects.has(Digest.parse(revision))

    def path(self, product: str, reference: Reference) -> Path:
        asset = f"{product}/{reference.name}"
        problem = basename_problem(product) or basename_problem(reference.basename)
        if problem:
            raise AssetRefused(asset, problem)
        digest = reference.digest
        version = f"{digest.algorithm}-{digest.hex}"
        path = self.root / "versions" / product / version / reference.basename
        if reference.shape == "file":
            self.objects.present(digest, size=reference.size, asset=asset)
        if not _shows(path, reference):
            self._make_path(path, reference, asset)
        return path

    def view(
        self,
        product: str,
        reference: Reference,
        destination: Path,
        *,
        link: bool = True,
        progress: Progress = SILENT,
    ) -> None:
        asset = f"{product}/{reference.name}"
        ways = self.ways if link else PRIVATE_WAYS
        destination.parent.mkdir(parents=True, exist_ok=True)
        with files.storing(destination.parent):
            aside = Path(tempfile.mkdtemp(prefix=".laying-", dir=destination.parent))
            try:
                made = aside / "made"
                laying.lay(self.objects, reference, made, asset=asset, ways=ways, progress=progress)
                files.swap_in(made, destination)
            finally:
                files.remove(aside)

    def verify(self, reference: Reference, *, progress: Progress = SILENT) -> None:
        if reference.shape == "file":
            progress.expect(reference.size, 1)
            self.objects.verify(reference.digest, size=reference.size, asset=reference.name)
            progress.advance(reference.size, 1)
            return
        entries = self.objects.manifest(reference, asset=reference.name).entries
        progress.expect(reference.size, len(entries))
        for entry in entries:
            asset = f"{reference.name}/{entry.path}"
            self.objects.verify(entry.digest, size=entry.size, asset=asset)
            progress.advance(entry.size, 1)

    def revisions(self) -> Iterator[str]:
        return map(str, self.objects.digests())

    def _make_path(self, path: Path, reference: Reference, asset: str) -> None:
        """Lay out a readable path beside the objects, whole or not at all."""
        with self.objects.batch() as batch:
            made = batch.new()
            ways = (HARDLINK, *PRIVATE_WAYS)
            laying.lay(self.objects, reference, made, asset=asset, ways=ways)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                made.replace(path)
            except OSError:
                if not path.is_dir():
                    raise  # else another process was faster, and its folder is the same


def _shows(path: Path, reference: Reference) -> bool:
    """Whether a readable path is there; of a file, also whether it is whole."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return reference.shape != "file" or found.st_size == reference.size
