"""A store in a folder: the default, and the base of per-machine caches.

Beside the objects (see `asset.objects`) it keeps readable paths, made on first use:

    <root>/versions/<product>/<algorithm>-<hex>/<basename>
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Iterator

from pipl_pipe.asset import files
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.manifest import Entry
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference, basename_problem
from pipl_pipe.asset.store import Stored
from pipl_pipe.errors import AssetRefused


class FolderStore:
    """An AssetStore below `root`, which is made when something is stored."""

    def __init__(self, root: Path, *, name: str = "", parents: bool = False) -> None:
        """`name` is what messages call the store; for `parents` see Objects."""
        self.root = root
        self.objects = Objects(root, name or str(root), parents)

    def __repr__(self) -> str:
        return f"FolderStore({str(self.root)!r})"

    def add(self, source: Path, *, product: str, asset: str = "", link: bool = False) -> Stored:
        if not os.path.lexists(source):
            raise AssetRefused(str(source), "it does not exist")
        return self.objects.add(source, link=link)

    def has(self, revision: str) -> bool:
        return self.objects.path(Digest.parse(revision)).is_file()

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
            with self.objects.aside() as aside:
                self._lay(reference, aside / "made", asset, link=True)
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    (aside / "made").replace(path)
                except OSError:
                    if not path.is_dir():
                        raise  # else another process was faster, and its folder is the same
        return path

    def view(
        self, product: str, reference: Reference, destination: Path, *, link: bool = True
    ) -> None:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with files.storing(destination.parent):
            aside = Path(tempfile.mkdtemp(prefix=".laying-", dir=destination.parent))
            try:
                self._lay(reference, aside / "made", f"{product}/{reference.name}", link=link)
                files.swap_in(aside / "made", destination)
            finally:
                files.remove(aside)

    def verify(self, reference: Reference) -> None:
        if reference.shape == "file":
            self.objects.verify(reference.digest, size=reference.size, asset=reference.name)
            return
        for entry in self.objects.manifest(reference, asset=reference.name).entries:
            asset = f"{reference.name}/{entry.path}"
            self.objects.verify(entry.digest, size=entry.size, asset=asset)

    def revisions(self) -> Iterator[str]:
        return map(str, self.objects.digests())

    def _lay(self, reference: Reference, aside: Path, asset: str, *, link: bool) -> None:
        if reference.shape == "file":
            found = self.objects.present(reference.digest, size=reference.size, asset=asset)
            files.place(found, aside, link=link)
            return
        entries = self.objects.manifest(reference, asset=asset).entries
        sources = [
            (
                self.objects.present(entry.digest, size=entry.size, asset=f"{asset}/{entry.path}"),
                entry,
            )
            for entry in entries
        ]
        aside.mkdir()
        for source, entry in sources:
            self._place(source, entry, aside, link=link)

    def _place(self, source: Path, entry: Entry, folder: Path, *, link: bool) -> None:
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        program = entry.mode == 0o755
        mode = files.READ_ONLY_PROGRAM if program else files.READ_ONLY
        files.place(source, path, link=link, mode=mode)


def _shows(path: Path, reference: Reference) -> bool:
    """Whether a readable path is there; of a file, also whether it is whole."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return reference.shape != "file" or found.st_size == reference.size
