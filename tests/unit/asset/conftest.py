"""A project with a store and indexes in memory, and products published to them."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipl.asset.marks import record
from pipl.asset.marks.record import Record
from pipl.asset.upkeep import collect, housekeeping
from pipl.asset.upkeep.collect import Grace
from pipl.asset.upkeep.housekeeping import Keeping, Result
from pipl.index.client import IndexConfig
from pipl.index.memory import MemoryIndex, MemoryServer
from pipl.index.name import IndexName
from pipl.project import folder as project_folder
from pipl.project.folder import Project
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

PROJ = IndexName("root", "PROJ")
STAGE = IndexName("root", "testing")
NOW = time.time()
DAY_S = 86_400.0
GRACE_S = 14 * DAY_S


@dataclass
class Studio:
    """A project's folder, its indexes and its store, where everything stored is old."""

    folder: Path
    project: Project
    client: MemoryIndex
    record: Record
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.project.assets, parents=True)

    @property
    def objects(self) -> Objects:
        return self.store.objects

    def files(self, **content: str) -> Path:
        """A new folder; `a_txt` becomes `a.txt`."""
        source = self.folder / f"source{next(self._numbers)}"
        source.mkdir()
        for name, text in content.items():
            (source / name.replace("_", ".")).write_text(text, encoding="utf-8")
        return source

    def add(self, source: Path, name: str = "model", *, fresh: bool = False) -> Reference:
        """Store a file or folder, as if it had been long ago unless `fresh`."""
        stored = self.store.add(source, product="hero_geo")
        shape = "folder" if source.is_dir() else "file"
        kind = "Folder" if shape == "folder" else "File"
        reference = Reference(name, kind, source.name, shape, stored.revision, stored.size)
        if not fresh:
            self.age(reference)
        return reference

    def age(self, reference: Reference) -> None:
        noted = self.project.assets / "recent" / reference.revision.replace(":", "-")
        os.utime(noted, (NOW - 100 * DAY_S, NOW - 100 * DAY_S))

    def touch(self, reference: Reference, at: float = NOW) -> None:
        noted = self.project.assets / "recent" / reference.revision.replace(":", "-")
        os.utime(noted, (at, at))

    def wheel(self, name: str, version: str, *assets: Reference, text: str = "") -> Path:
        package = name.replace("-", "_")
        content = text or references.render(ProductAssets(package, "product", version, assets))
        path = self.folder / wheel_name(name, version)
        write_wheel(
            path,
            name=name,
            version=version,
            files={
                f"{package}/__init__.py": b"",
                f"{package}/assets.json": content.encode("utf-8"),
            },
            metadata=Metadata(requires=("pipl-pipe",)),
            entry_points={"pipl_pipe.products": {package: f"{package}:P"}},
        )
        return path

    def publish(
        self, name: str, version: str, *assets: Reference, index: IndexName = PROJ, text: str = ""
    ) -> Path:
        path = self.wheel(name, version, *assets, text=text)
        self.client.upload(index, path)
        return path

    def gc(
        self,
        *,
        now: float = NOW,
        kept: tuple[str, ...] = (),
        ignored: tuple[str, ...] = (),
        dry_run: bool = False,
    ) -> Result:
        return housekeeping.gc(
            self.project,
            self.client,
            self.record,
            self.objects,
            Keeping(kept, ignored),
            Grace(GRACE_S, now),
            dry_run=dry_run,
        )

    def undo(self) -> collect.Restored:
        with collect.alone(self.objects.root):
            return collect.undo(self.objects)

    def held(self) -> set[str]:
        return {str(digest) for digest in self.objects.digests()}

    def parts(self, reference: Reference) -> set[str]:
        """The revision and its files."""
        if reference.shape == "file":
            return {reference.revision}
        listed = self.objects.manifest(reference, asset="it").entries
        return {reference.revision, *(str(entry.digest) for entry in listed)}

    def path(self, revision: str) -> Path:
        return self.objects.path(Digest.parse(revision))

    def break_(self, revision: str, *, content: bytes | None = None) -> None:
        """Flip a bit of an object, or write another content into it."""
        path = self.path(revision)
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.chmod(0o644)
        path.write_bytes(raw if content is None else content)
        path.chmod(0o444)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    project = project_folder.create(tmp_path / "Show")
    client = MemoryIndex(MemoryServer(project="Show"))
    client.log_in("root", "root")
    client.create_index(IndexConfig(PROJ, "pipl", acl_upload=("root",), volatile=True))
    client.create_index(
        IndexConfig(STAGE, "pipl", bases=(PROJ,), acl_upload=("root",), volatile=True)
    )
    with record.opened(tmp_path / "cache" / "products.sqlite3") as opened:
        yield Studio(tmp_path, project, client, opened)


Make = Callable[..., Studio]
