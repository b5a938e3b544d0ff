"""Where a product on the index comes from, and whether all that it says of that still holds."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from pipl.asset import remotes
from pipl.asset.selection import Selected
from pipl.asset.upkeep import verifying
from pipl.ci import statement
from pipl.ci.statement import Json, Making
from pipl.errors.build import InvalidWheel
from pipl.errors.env import InvalidLock
from pipl.errors.index import DamagedDownload, ReleaseNotFound
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile, same_version
from pipl.progress import Progress
from pipl.workspace.given import own_indexes
from pipl.workspace.opened import lock_of
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.errors import InvalidProduct
from pipl_pipe.product import provenance
from pipl_pipe.product import verify as wheels
from pipl_pipe.product.provenance import Item, Provenance

NOT_ON_INDEX = "no index holds it"


@dataclass(frozen=True)
class Origin:
    """A product's wheel on the index, and what it says of its origin.

    `making` is when and where it was made, if that is kept beside it; `statement` then holds
    that too. `path` is where the wheel was downloaded to.
    """

    file: ReleaseFile
    provenance: Provenance
    statement: Json
    making: Making | None
    path: Path


@dataclass(frozen=True)
class Mismatch:
    """Something that is not what the provenance says."""

    what: str
    stated: str
    found: str


@dataclass
class Checked:
    """`held` is what was compared and is right; `unknown` cannot be compared from here."""

    held: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)

    def compare(self, what: str, stated: str, found: str) -> None:
        if stated == found:
            self.held.append(what)
        else:
            self.mismatches.append(Mismatch(what, stated, found))


@contextmanager
def found(client: IndexClient, index: IndexName, name: str, version: str) -> Iterator[Origin]:
    """The origin of a product's release on an index or those that it inherits from.

    Its wheel is there within the block.
    Raises ReleaseNotFound, NoProvenance, InvalidProduct, DamagedDownload.
    """
    file = _wheel(client, own_indexes(client, index), name, version)
    if file is None:
        raise ReleaseNotFound(str(index), name, version)
    with tempfile.TemporaryDirectory(prefix="pipl-provenance-") as folder:
        path = client.download(file, Path(folder) / file.filename)
        says = statement.of_wheel(path)
        kept = statement.of_tox(client.test_results(file), file.sha256)
        document = provenance.statement(says) if kept is None else kept
        making = None if kept is None else statement.making_of(kept)
        yield Origin(file, says, document, making, path)


def verify(
    origin: Origin,
    client: IndexClient,
    index: IndexName,
    near: Objects,
    places: Places,
    progress: Progress,
) -> Checked:
    """Compare every digest with what the index and the asset store hold now.

    Assets are read in `near`, else at the first remote that has them. Raises ServerDown,
    StoreUnreachable and the like.
    """
    checked = Checked()
    says, indexes = origin.provenance, own_indexes(client, index)
    checked.held.append(origin.file.filename)  # the download was compared
    progress.phase("comparing the product with its provenance")
    chosen = _product(origin, checked)
    progress.phase("comparing the task")
    _task(says, client, indexes, checked)
    progress.phase("comparing the tools")
    for tool in says.tools:
        file = _wheel(client, indexes, tool.name, tool.version, tool.digest)
        if file is None or not tool.digest:
            checked.unknown.append(f"tool {tool.name} {tool.version}")
        else:
            what = f"tool {tool.name} {tool.version}"
            checked.compare(what, tool.digest, f"sha256:{file.sha256}")
    chosen += _inputs(says, client, indexes, checked)
    _assets(chosen, near, places, checked, progress)
    return checked


def _product(origin: Origin, checked: Checked) -> list[Selected]:
    """The wheel's `assets.json` against the provenance; the assets to be read."""
    says = origin.provenance
    if origin.making is not None and says.content:
        beside = provenance.parse(json.dumps(origin.statement), source=origin.file.filename)
        checked.compare("statement kept beside the wheel", _essence(says), _essence(beside))
    try:
        content = wheels.read_assets(origin.path)
    except InvalidProduct as fault:
        checked.mismatches.append(Mismatch(references.NAME, says.content, str(fault)))
        return []
    if says.content:
        digest = hashlib.sha256(references.render(content).encode("utf-8")).hexdigest()
        checked.compare(f"{content.product}/{references.NAME}", says.content, f"sha256:{digest}")
    _same_assets(says.assets, content, "asset", checked)
    return [Selected(content.product, content.version, one) for one in content.assets]


def _task(
    says: Provenance, client: IndexClient, indexes: tuple[IndexName, ...], checked: Checked
) -> None:
    """The task's file is on an index, and the lock inside of it is the one that is named."""
    task = says.task
    what, stated = f"task {task.name} {task.version}", f"sha256:{task.sha256}"
    file = _wheel(client, indexes, task.name, task.version, stated)
    if file is None or file.sha256 != task.sha256:
        rest = [one.name for one in client.indexes() if one.type != "mirror"]
        elsewhere = tuple(name for name in rest if name not in indexes)
        file = _wheel(client, elsewhere, task.name, task.version, stated) or file
    if file is None:
        checked.mismatches.append(Mismatch(what, stated, NOT_ON_INDEX))
        return
    checked.compare(what, stated, f"sha256:{file.sha256}")
    if file.sha256 != task.sha256:
        return
    try:
        lock = lock_of(client, file)
    except (DamagedDownload, InvalidLock, InvalidWheel) as fault:
        checked.mismatches.append(Mismatch(f"lock of {what}", str(task.lock), str(fault)))
    else:
        digest = "none" if lock is None else lock.digest
        checked.compare(f"lock of {what}", task.lock or "none", digest)


def _inputs(
    says: Provenance, client: IndexClient, indexes: tuple[IndexName, ...], checked: Checked
) -> list[Selected]:
    """The assets of what the task could read, as the locked wheels of those products say."""
    versions = {canonicalize_name(tool.name): tool for tool in says.tools}
    chosen: list[Selected] = []
    by_package: dict[str, list[Item]] = {}
    for one in says.inputs:
        by_package.setdefault(one.name.partition("/")[0], []).append(one)
    for package, items in by_package.items():
        tool = versions.get(canonicalize_name(package))
        file = tool and _wheel(client, indexes, tool.name, tool.version, tool.digest)
        if not file:
            stated = ", ".join(one.digest for one in items)
            checked.mismatches.append(Mismatch(f"input {package}", stated, NOT_ON_INDEX))
            continue
        with tempfile.TemporaryDirectory(prefix="pipl-provenance-") as folder:
            try:
                path = client.download(file, Path(folder) / file.filename)
                content = wheels.read_assets(path)
            except (DamagedDownload, InvalidProduct) as fault:
                checked.mismatches.append(Mismatch(f"input {package}", file.sha256, str(fault)))
                continue
        _same_assets(items, content, "input", checked)
        chosen += [Selected(content.product, content.version, one) for one in content.assets]
    return chosen


def _same_assets(
    items: Iterable[Item], content: ProductAssets, kind: str, checked: Checked
) -> None:
    stated = {one.name: one.digest for one in items}
    there = {f"{content.product}/{one.name}": one.revision for one in content.assets}
    for name in sorted(stated.keys() | there.keys()):
        checked.compare(f"{kind} {name}", stated.get(name, "none"), there.get(name, "none"))


def _assets(
    chosen: Iterable[Selected], near: Objects, places: Places, checked: Checked, progress: Progress
) -> None:
    """Read them again, each where it is: near, else at a remote."""
    at_hand: list[Selected] = []
    by_remote: dict[str, list[Selected]] = {}
    for one in {one.reference.revision: one for one in chosen}.values():
        if near.has(one.reference.digest):
            at_hand.append(one)
            continue
        answers = remotes.ask(places, one.reference)
        holder = next((answer.place.name for answer in answers if answer.has), None)
        if holder is None:
            reasons = [answer.reason for answer in answers if answer.has is None]
            why = "; ".join([verifying.NOT_THERE, *reasons])
            what = f"content of {one.label}"
            checked.mismatches.append(Mismatch(what, one.reference.revision, why))
        else:
            by_remote.setdefault(holder, []).append(one)
    results = []
    if at_hand:
        results.append((at_hand, verifying.in_store(at_hand, near, progress)))
    for name, there in by_remote.items():
        results.append((there, verifying.at_remote(there, places, name, progress)))
    for read, result in results:
        wrong = {label: fault.what for fault in result.faults for label in fault.references}
        for one in read:
            what = f"content of {one.label}"
            if one.label in wrong:
                stated = one.reference.revision
                checked.mismatches.append(Mismatch(what, stated, wrong[one.label]))
            else:
                checked.held.append(what)


def _wheel(
    client: IndexClient,
    indexes: Iterable[IndexName],
    name: str,
    version: str,
    digest: str = "",
) -> ReleaseFile | None:
    """The file with this digest on the indexes, else the first wheel of that release."""
    first = None
    for index in indexes:
        for release in client.releases(index, name):
            if not same_version(release.version, version):
                continue
            for file in release.files:
                if digest and f"sha256:{file.sha256}" == digest:
                    return file
            first = first or release.wheel
    return first


def _essence(says: Provenance) -> str:
    """What a statement in a wheel and its completed one have in common, as a digest."""
    same = Provenance(says.product, says.version, says.task, says.assets, says.content, says.inputs)
    return hashlib.sha256(provenance.render(same).encode("utf-8")).hexdigest()
