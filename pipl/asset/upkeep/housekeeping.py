"""Collecting and checking a project's store, with everything that needs more than the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pipl.asset import marks, selection
from pipl.asset.marks import releases
from pipl.asset.marks.record import Record
from pipl.asset.marks.releases import ProductRelease
from pipl.asset.upkeep import collect, fsck, repair
from pipl.asset.upkeep.collect import Collected, Grace
from pipl.asset.upkeep.fsck import Checked, Fault
from pipl.asset.upkeep.repair import Mended
from pipl.errors.asset import MarksUnreadable
from pipl.errors.base import PiplError
from pipl.index.client import IndexClient
from pipl.progress import SILENT, Progress
from pipl.project.folder import Project
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remote import Remote, Transfer


@dataclass(frozen=True)
class Keeping:
    """What a collection keeps besides: texts as `selection` reads them.

    `ignored` are file names of wheels, and revisions, that cannot be read and need not be.
    """

    kept: tuple[str, ...] = ()
    ignored: Collection[str] = ()


@dataclass(frozen=True)
class Result:
    """Of a collection; `marks` counts the revisions kept."""

    marks: int
    collected: Collected


@dataclass
class Report:
    """Of a check; `references` says by fault's path which releases reference it."""

    checked: Checked
    references: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mended: Mended | None = None
    unknown: str = ""

    @property
    def standing(self) -> list[Fault]:
        """What is wrong still."""
        return self.checked.faults if self.mended is None else self.mended.unmended


def gc(
    project: Project,
    client: IndexClient,
    record: Record,
    objects: Objects,
    keeping: Keeping,
    grace: Grace,
    *,
    dry_run: bool,
    progress: Progress = SILENT,
) -> Result:
    """Collect what nothing keeps. Raises MarksUnreadable, CollectorBusy, NoStore, ServerDown."""
    if dry_run:
        return _gc(project, client, record, objects, keeping, grace, collect.show, progress)
    with collect.alone(objects.root):
        return _gc(project, client, record, objects, keeping, grace, collect.collect, progress)


def check(
    objects: Objects,
    found: Sequence[ProductRelease],
    *,
    quick: bool,
    now: float,
    progress: Progress = SILENT,
) -> Report:
    """Look through the store, and say what references each fault. Raises NoStore."""
    expected = {one.revision: one for release in found for one in release.assets}
    checked = fsck.check(
        objects, quick=quick, now=now, expected=expected.values(), progress=progress
    )
    return Report(checked, referenced(checked, found))


def mend(
    objects: Objects,
    report: Report,
    found: Sequence[ProductRelease],
    sources: Sequence[Remote],
    *,
    now: float,
    transfer: Transfer,
    progress: Progress = SILENT,
) -> None:
    """Repair what a check found. Raises CollectorBusy, StoreReadOnly, StoreFull."""
    with collect.alone(objects.root):
        report.mended = repair.repair(
            objects,
            report.checked,
            sources,
            now=now,
            known=[one for release in found for one in release.assets],
            transfer=transfer,
            progress=progress,
        )


def product_releases(
    client: IndexClient, record: Record, progress: Progress
) -> tuple[tuple[ProductRelease, ...], str]:
    """The releases, and why not all of them are known where that is so."""
    try:
        found = releases.of_project(client, record, progress=progress)
    except PiplError as fault:
        return (), str(fault)
    return found.releases, "; ".join(map(str, found.unreadable))


def referenced(checked: Checked, found: Iterable[ProductRelease]) -> dict[str, tuple[str, ...]]:
    """By a fault's path, the releases and assets that need the object."""
    wanted: dict[str, list[str]] = {}
    for digest, fault in checked.bad.items():
        for revision in (str(digest), *(one.revision for one in checked.lists.get(digest, ()))):
            wanted.setdefault(revision, []).append(fault.path)
    users: dict[str, list[str]] = {}
    for release in found:
        for one in release.assets:
            for path in wanted.get(one.revision, ()):
                users.setdefault(path, []).append(
                    f"{release.distribution} {release.version} ({one.name}) on {release.index}"
                )
    return {path: tuple(sorted(set(texts))) for path, texts in users.items()}


def _gc(
    project: Project,
    client: IndexClient,
    record: Record,
    objects: Objects,
    keeping: Keeping,
    grace: Grace,
    act: collect.Act,
    progress: Progress,
) -> Result:
    kept = [one for text in keeping.kept for one in _digests(text, client, record, objects)]
    asked = marks.Asked(grace.since, kept, keeping.ignored)
    found = marks.collect(project, client, record, objects.root, asked, progress=progress)
    live = marks.spread(found, objects, keeping.ignored, progress=progress)
    if found.unreadable:
        raise MarksUnreadable(tuple(map(str, found.unreadable)))
    return Result(len(found.shapes), act(objects, live, grace, progress=progress))


def _digests(text: str, client: IndexClient, record: Record, objects: Objects) -> Iterable[Digest]:
    wanted = selection.parse(text)
    if isinstance(wanted, Digest):
        return (wanted,)
    found = selection.find(text, client, record, objects)
    return [Digest.parse(revision) for one in found for revision in one.revisions]
