"""What keeps assets in the store: releases, locks of workspaces, pins, what is fresh.

Everything that may reference an asset has to be readable: what cannot be read might be the one
thing that keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipl.asset.marks import locks, pins, recent, releases
from pipl.asset.marks.digest_set import DigestSet
from pipl.asset.marks.record import Record
from pipl.asset.marks.releases import ProductRelease, Unreadable
from pipl.asset.upkeep import shelves
from pipl.errors.server import UnexpectedReply
from pipl.errors.usage import InvalidFile
from pipl.index.client import IndexClient
from pipl.index.release import ReleaseFile
from pipl.progress import SILENT, Progress
from pipl.project.folder import Project
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.errors import AssetError

ANY_SHAPE = ""
"""Of a revision that somebody named: whether it is a file's or a manifest's is looked up."""


@dataclass
class Marks:
    """Revisions to be kept, with the shape that whoever marks them says (or ANY_SHAPE)."""

    shapes: dict[Digest, str] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    releases: tuple[ProductRelease, ...] = ()

    def add(self, revision: Digest, shape: str = ANY_SHAPE) -> None:
        """One shape that is not a file's wins: its files have to be found."""
        before = self.shapes.get(revision)
        if before is None or before == "file":
            self.shapes[revision] = shape

    def add_references(self, references: Iterable[Reference]) -> None:
        for one in references:
            self.add(one.digest, one.shape)
            if one.thumbnail:
                self.add(Digest.parse(one.thumbnail), "file")

    def add_product(self, content: ProductAssets) -> None:
        self.add_references(content.assets)


@dataclass(frozen=True)
class Asked:
    """What marks are collected by, besides the project itself.

    `kept` are revisions to keep besides; `ignored` file names of wheels, and revisions, that
    cannot be read and need not be; what is younger than `fresh_since` (seconds since the
    epoch) in the store is kept.
    """

    fresh_since: float
    kept: Collection[Digest] = ()
    ignored: Collection[str] = ()


def collect(
    project: Project,
    client: IndexClient,
    record: Record,
    store: Path,
    asked: Asked,
    *,
    progress: Progress = SILENT,
) -> Marks:
    """Every mark that there is, and what cannot be read.

    Raises ServerDown, ServerStopped where the indexes cannot be asked at all; UnexpectedReply
    where another project's server answers.
    """
    _expect_project(client, project)
    marks = Marks()
    found = releases.of_project(client, record, ignored=asked.ignored, progress=progress)
    marks.releases = found.releases
    marks.unreadable += found.unreadable
    for one in found.releases:
        marks.add_product(one.content)
    progress.phase("reading the locks of workspaces")
    known = {one.sha256: one.content for one in found.releases if one.sha256}
    listed = locks.Listed(known, record, found.mirrors)
    _add_locks(marks, locks.read_all(project, listed), client, record)
    for digest in asked.kept:
        marks.add(digest)
    try:
        for pin in pins.read(project.folder):
            for revision in pin.revisions:
                marks.add(Digest.parse(revision))
    except InvalidFile as fault:
        marks.unreadable.append(Unreadable("the pins", str(fault)))
    for digest in recent.since(store, asked.fresh_since):
        marks.add(digest)
    return marks


def spread(
    marks: Marks, objects: Objects, ignored: Collection[str] = (), *, progress: Progress = SILENT
) -> DigestSet:
    """The objects that the marks keep: of a folder its manifest and every file that it lists.

    A manifest that the store does not hold promises nothing, and keeps nothing. One that
    cannot be read is added to `marks.unreadable`.
    """
    live = DigestSet()
    progress.phase("reading what the marked assets are made of")
    for number, (digest, shape) in enumerate(marks.shapes.items()):
        if str(digest) in ignored:
            live.add(digest)
            continue
        try:
            keep(live, objects, digest, shape)
        except (AssetError, OSError) as fault:
            marks.unreadable.append(Unreadable(f"the manifest {digest}", str(fault)))
        progress.advance(number + 1, len(marks.shapes), "assets")
    return live


def keep(live: DigestSet, objects: Objects, revision: Digest, shape: str = ANY_SHAPE) -> None:
    """Add the objects of one revision. Raises AssetDamaged."""
    live.add(revision)
    if shape == "file":
        return
    listed = shelves.manifest_at(objects, revision)
    if listed is None and shape != ANY_SHAPE and objects.has(revision):
        raise shelves.no_manifest(objects, revision)
    for entry in listed.entries if listed is not None else ():
        live.add(entry.digest)


def _expect_project(client: IndexClient, project: Project) -> None:
    """On another project's indexes nothing of this one would be referenced."""
    answer = client.get_json("/+pipl/", timeout_s=30)
    served = answer.get("project") if isinstance(answer, dict) else None
    if served != project.name:
        raise UnexpectedReply(client.url, 200, f"it serves {served}, not {project.name}")


def _add_locks(marks: Marks, found: locks.Locked, client: IndexClient, record: Record) -> None:
    marks.unreadable += found.unreadable
    for content in found.products:
        marks.add_product(content)
    for workspace, file in found.unknown:
        _add_unknown(marks, workspace, file, client, record)


def _add_unknown(
    marks: Marks, workspace: Path, file: ReleaseFile, client: IndexClient, record: Record
) -> None:
    """A locked wheel that is neither listed nor installed: perhaps the server still has it."""
    read = releases.read_wheels(client, record, (file,))
    if file.sha256 not in record.known((file.sha256,)):
        what = f"{file.project} {file.version} in the lock of {workspace}"
        marks.unreadable.append(
            Unreadable(what, "it is not installed there, and the index does not hold it any more")
        )
        return
    marks.unreadable += read.unreadable
    for one in read.releases:
        marks.add_product(one.content)
