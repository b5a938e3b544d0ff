"""Mending a store: damaged objects are moved away and fetched anew from where they also are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipl.asset.upkeep import fsck, quarantine, shelves
from pipl.asset.upkeep.fsck import Checked, Fault
from pipl.asset.upkeep.quarantine import Quarantined
from pipl.progress import SILENT, Progress
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Remote, Transfer
from pipl_pipe.errors import AssetError

STRAYS = "strays"


@dataclass
class Mended:
    """`mended` and `unmended` are faults; `reasons` say what each source answered.

    `linked` damaged objects have other names still: views that show them as hardlinks.
    """

    mended: list[Fault] = field(default_factory=list)
    unmended: list[Fault] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    quarantine: Path | None = None
    linked: int = 0


def repair(
    objects: Objects,
    checked: Checked,
    sources: Sequence[Remote],
    *,
    now: float,
    known: Iterable[Reference] = (),
    transfer: Transfer,
    progress: Progress = SILENT,
) -> Mended:
    """Mend what `check` found; `known` are assets that somebody references.

    What cannot be had anywhere stays in the quarantine, with the manifests that list it: a
    manifest that is in place promises its files. Call it `collect.alone`.
    """
    done = Mended()
    away = quarantine.begin(objects.root, now, damaged=True)
    bad = checked.bad
    for fault in checked.faults:
        with contextlib.suppress(FileNotFoundError):  # it went since it was seen
            if fault.kind == fsck.MODE:
                objects.root.joinpath(fault.path).chmod(files.READ_ONLY)
            elif fault.kind == fsck.STRAY:
                _move_stray(objects.root / fault.path, away, fault.path)
    done.mended += [one for one in checked.faults if one.kind in (fsck.MODE, fsck.STRAY)]
    for path in list(fsck.leftovers(objects, now)):
        files.remove(path)
    done.mended += [fault for fault in checked.faults if fault.kind == fsck.LEFTOVER]
    if bad:
        _move_away(objects, checked, away)
        _remove_paths(objects, checked)
        done.linked = sum(_has_other_names(away.path(digest)) for digest in bad)
    wanted = _wanted(checked, bad, known)
    asked = {one.revision for one in wanted}
    wanted += [one for one in _waiting(objects) if one.revision not in asked]
    for reference in wanted:
        _fetch(reference, objects, sources, transfer, done, progress)
    put_back(objects)
    for digest, fault in bad.items():
        mended = objects.has(digest) and _manifests_stand(objects, checked, digest)
        (done.mended if mended else done.unmended).append(fault)
    done.quarantine = away.folder if away.folder.exists() else None
    return done


def _waiting(objects: Objects) -> list[Reference]:
    """The folders whose manifests an earlier repair moved away, and that are not whole again."""
    return [
        fsck.folder_reference(digest, sum(entry.size for entry in entries))
        for away in quarantine.all_of(objects.root)
        if away.damaged
        for digest, path in list(away.objects())
        if shelves.is_manifest(path) and shelves.is_sound(path, digest)
        if not objects.has(digest)
        for entries in [shelves.entries_at(objects, path)]
    ]


def put_back(objects: Objects) -> None:
    """Bring back manifests whose files are all there by now, from every repair so far."""
    for away in quarantine.all_of(objects.root):
        if not away.damaged:
            continue
        for digest, path in list(away.objects()):
            if not shelves.is_manifest(path) or not shelves.is_sound(path, digest):
                continue
            with objects.lock(exclusive=True):
                if shelves.is_complete(objects, path) and not objects.has(digest):
                    objects.path(digest).parent.mkdir(parents=True, exist_ok=True)
                    path.replace(objects.path(digest))


def _move_away(objects: Objects, checked: Checked, away: Quarantined) -> None:
    """Manifests first, then what they list, all of it while nobody publishes."""
    listing = {one.digest for found in checked.lists.values() for one in found}
    healed = {one for one in checked.bad if shelves.is_sound(objects.path(one), one)}
    with objects.lock(exclusive=True):
        for digest in (*listing, *(one for one in checked.bad if one not in healed)):
            path = objects.path(digest)
            if path.exists():
                away.take(digest, path)


def _remove_paths(objects: Objects, checked: Checked) -> None:
    """Remove the readable paths (see stores.folder) that show what is damaged as hardlinks."""
    affected = {*checked.bad, *(one.digest for found in checked.lists.values() for one in found)}
    for digest in affected:
        for path in (objects.root / "versions").glob(f"*/{digest.algorithm}-{digest.hex}"):
            files.remove(path)


def _has_other_names(path: Path) -> bool:
    try:
        return path.stat().st_nlink > 1
    except FileNotFoundError:
        return False


def _move_stray(path: Path, away: Quarantined, name: str) -> None:
    target = away.folder / STRAYS / name
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def _wanted(
    checked: Checked, bad: dict[Digest, Fault], known: Iterable[Reference]
) -> list[Reference]:
    """The assets to fetch so that everything bad comes back, each once."""
    wanted: dict[str, Reference] = {}
    affected = {*bad, *(one.digest for found in checked.lists.values() for one in found)}
    for one in known:
        if one.digest in affected:
            wanted.setdefault(one.revision, one)
    for found in checked.lists.values():
        for one in found:
            wanted.setdefault(one.revision, one)
    for digest, fault in bad.items():
        if digest not in checked.lists and str(digest) not in wanted:
            wanted[str(digest)] = Reference(
                "asset", "File", "asset", "file", str(digest), fault.size
            )
    return list(wanted.values())


def _fetch(
    reference: Reference,
    objects: Objects,
    sources: Sequence[Remote],
    transfer: Transfer,
    done: Mended,
    progress: Progress,
) -> None:
    for source in sources:
        progress.phase(f"fetching {reference.revision[:19]} from {source.name}")
        try:
            source.pull(reference, objects, transfer)
            return
        except AssetError as fault:
            done.reasons.append(f"{source.name}: {fault}")


def _manifests_stand(objects: Objects, checked: Checked, digest: Digest) -> bool:
    return all(objects.has(one.digest) for one in checked.lists.get(digest, ()))
