"""A store in memory, for tests. What it gives out is written below a folder."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Dict, Iterator

from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest, of_bytes
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.manifest import Entry
from pipl_pipe.asset.objects.scan import scan
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import Stored
from pipl_pipe.errors import AssetDamaged, AssetMissing

WHERE = "memory"


class MemoryStore:
    """An AssetStore that keeps its objects in `content`, open to tests for damaging."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content: Dict[Digest, bytes] = {}
        self._laying = threading.RLock()

    def add(
        self,
        source: Path,
        *,
        product: str,
        asset: str = "",
        link: bool = False,
        progress: Progress = SILENT,
    ) -> Stored:
        seen = scan(source)
        if not source.is_dir():
            content = source.read_bytes()
            return Stored(str(self._keep(content)), len(content))
        entries = []
        for one in seen:
            content = (source / one.path).read_bytes()
            entries.append(Entry(one.path, len(content), one.kept_mode, self._keep(content)))
        whole = manifest.made(entries)
        return Stored(str(self._keep(whole.render())), whole.size)

    def has(self, revision: str) -> bool:
        return Digest.parse(revision) in self.content

    def path(self, product: str, reference: Reference) -> Path:
        version = reference.revision.replace(":", "-")
        path = self.folder / product / version / reference.basename
        with self._laying:
            if not path.exists():
                self.view(product, reference, path)
        self._files(reference, f"{product}/{reference.name}")
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
        found = self._files(reference, f"{product}/{reference.name}")
        with self._laying:
            files.remove(destination)
            if reference.shape != "file":
                destination.mkdir(parents=True)
            for name, content in found.items():
                path = destination / name if name else destination
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                path.chmod(files.READ_ONLY)

    def verify(self, reference: Reference, *, progress: Progress = SILENT) -> None:
        self._files(reference, reference.name)

    def revisions(self) -> Iterator[str]:
        return map(str, self.content)

    def _keep(self, content: bytes) -> Digest:
        digest = of_bytes(content)
        self.content[digest] = content
        return digest

    def _files(self, reference: Reference, asset: str) -> Dict[str, bytes]:
        """Content by path, verified; a file asset's path is empty."""
        whole = self._verified(reference.digest, asset)
        if reference.shape == "file":
            return {"": whole}
        listed = manifest.verified(whole, reference, where=WHERE)
        return {one.path: self._verified(one.digest, asset) for one in listed.entries}

    def _verified(self, digest: Digest, asset: str) -> bytes:
        if digest not in self.content:
            raise AssetMissing(str(digest), WHERE, asset)
        found = of_bytes(self.content[digest], digest.algorithm)
        if found != digest:
            raise AssetDamaged(str(digest), WHERE, f"its content has digest {found}")
        return self.content[digest]
