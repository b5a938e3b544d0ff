"""Reading all that a bucket holds of an asset: to verify it, or to find what has to be mended."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Dict, Iterable, Sequence, Set

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket.fetching import InPack, Plan, Source, Task, members_of, plan
from pipl_pipe.asset.remotes.bucket.whereabouts import PARTED, Document, Spot
from pipl_pipe.asset.transfer.assembly import holds
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged, AssetMissing


@dataclass
class Findings:
    """What was read of an asset: `spots` and `packs` are good, `lost` is not there or damaged.

    `broken` are the packs that something was lost from, with those of their members that the
    asset needs. Without a document that can be read nothing else is known.
    """

    has_document: bool = False
    spots: Dict[Digest, Spot] = field(default_factory=dict)
    packs: Dict[str, int] = field(default_factory=dict)
    lost: Set[Digest] = field(default_factory=set)
    broken: Dict[str, Set[Member]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return self.has_document and not self.lost


def verify(source: Source, reference: Reference) -> None:
    """Read all of an asset that the bucket holds and compare.

    Of a large object each part is compared; that they make up the whole is what a pull compares.
    Raises AssetMissing, AssetDamaged.
    """
    document, _, members = source.revision(reference)
    found = plan(members, document)
    tasks = found.tasks
    for whole in found.parted:
        parts_document, parts = source.parts(whole)
        tasks += plan(dict.fromkeys(parts), parts_document).tasks
    _expect(source, tasks)
    source.traffic.each(tasks, lambda task: _read(source, task, set()))


def check(source: Source, near: Objects, reference: Reference) -> Findings:
    """Read all of it and say what was found; parts are compared with what is near, too."""
    findings = Findings()
    try:
        document, _, members = source.revision(reference)
    except (AssetMissing, AssetDamaged):
        return findings
    findings.has_document = True
    found = plan(members, document)
    _check(source, found, document, findings)
    for whole in found.parted:
        try:
            parts_document, parts = source.parts(whole)
            _compare(near, whole, parts, source.bucket.name)
        except AssetDamaged:
            findings.lost.add(whole.digest)
            continue
        _check(source, plan(dict.fromkeys(parts), parts_document), parts_document, findings)
        if findings.lost.intersection(part.digest for part in parts):
            findings.lost.add(whole.digest)
        else:
            findings.spots[whole.digest] = PARTED
    return findings


def _check(source: Source, found: Plan, document: Document, findings: Findings) -> None:
    def read(task: Task) -> None:
        done: Set[Digest] = set()
        with contextlib.suppress(AssetDamaged):
            _read(source, task, done)
        lost = [one for one in members_of(task) if one.digest not in done]
        findings.spots.update((digest, document.spots[digest]) for digest in done)
        findings.lost.update(one.digest for one in lost)
        if isinstance(task, InPack):
            findings.packs[task.name] = task.size
            if lost:
                findings.broken.setdefault(task.name, set()).update(members_of(task))
                progress = source.traffic.transfer.progress
                progress.advance(sum(one.size for one in lost), len(lost))

    _expect(source, found.tasks)
    source.traffic.each(found.tasks, read)


def _expect(source: Source, tasks: Iterable[Task]) -> None:
    every = [one for task in tasks for one in members_of(task)]
    source.traffic.expect(sum(one.size for one in every), len(every))


def _read(source: Source, task: Task, done: Set[Digest]) -> None:
    """Compare what a task has to read; `done` are the members that were read, and are whole."""
    progress = source.traffic.transfer.progress

    def attempt() -> None:
        if isinstance(task, InPack):
            rest = tuple(row for row in task.members if row[1].digest not in done)
            with contextlib.closing(source.packed(task._replace(members=rest))) as packed:
                for member, _ in packed:
                    done.add(member.digest)
                    progress.advance(member.size, 1)
            return
        with contextlib.closing(source.single(task)) as pieces:
            for piece in pieces:
                source.traffic.count(len(piece))
        source.traffic.count(0, 1)
        done.add(task.digest)

    source.traffic.retried(attempt)


def _compare(near: Objects, whole: Member, parts: Sequence[Member], where: str) -> None:
    """Raises AssetDamaged where the parts are not those of the object that is near."""
    if not near.has(whole.digest, whole.size):
        return
    offset = 0
    with near.path(whole.digest).open("rb", buffering=0) as file:
        for part in parts:
            if not holds(file, offset, part):
                raise AssetDamaged(str(whole.digest), where, "its parts are another object's")
            offset += part.size
