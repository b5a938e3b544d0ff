"""Processing a published task: its `process()` runs guarded, then its products are made.

Nothing is stored before `process()` has returned and everything it gave has been checked;
no wheel is written before its assets are in the store and read back.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Optional, Tuple

from pipl_pipe.asset.facts import recording
from pipl_pipe.asset.facts.reading import Found
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import AssetStore, Stored
from pipl_pipe.asset.types import asset_types
from pipl_pipe.errors import InvalidRelease, ProcessFailed, ScratchNotEmpty, WroteOutside
from pipl_pipe.product import installed
from pipl_pipe.product.make import Made, ProductSpec, Release, make
from pipl_pipe.product.provenance import Item, Tool
from pipl_pipe.task import guard, job, snapshot
from pipl_pipe.task.job import Job, ProductBuilder
from pipl_pipe.task.task import Task

_SHOWN = 20
_VARIABLES = (
    *("TMPDIR", "TEMP", "TMP"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
)


@dataclass(frozen=True)
class Places:
    """Where a task is processed.

    `scratch` (empty) is the task's; `out` receives the wheels; `workspace` is watched for
    changes by native code; `view` shows the assets it may read.
    """

    scratch: Path
    out: Path
    workspace: Path
    view: Path


def read_release(path: Path) -> Release:
    """The published task: JSON with name, version, sha256 and lock (a digest or null).

    `file`, the name of its wheel, and `tools` (name, version and digest of what its lock holds)
    may be there too. Raises InvalidRelease.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        lock = content.get("lock")
        rows = [[row["name"], row["version"], row["digest"]] for row in content.get("tools", ())]
        release = Release(
            content["name"],
            content["version"],
            content["sha256"],
            lock,
            content.get("file", ""),
            tuple(Tool(*row) for row in rows),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InvalidRelease(str(path), f"{type(fault).__name__}: {fault}") from fault
    texts = [release.name, release.version, release.sha256, lock or "", release.file]
    texts += [text for row in rows for text in row]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidRelease(str(path), "a value is not a text")
    return release


def process(task: Task, release: Release, places: Places, store: AssetStore) -> Tuple[Made, ...]:
    """Run the task's `process()` and make its products, in the order that it asked for them.

    Raises ScratchNotEmpty, ProcessFailed (the traceback is on stderr), WroteOutside,
    InvalidProduct, and what the store raises.
    """
    if any(places.scratch.iterdir()):
        raise ScratchNotEmpty(str(places.scratch))
    if not _same_version(task.version, release.version):
        reason = f"{release.version} was published, but {task.version} is installed"
        raise ProcessFailed(task.name, reason)
    products = _run(task, places)
    job.check(task.name, products)
    stored: Dict[Path, Stored] = {}
    sources = [(one.type, one.path) for product in products for one in product.sources]
    inputs = _inputs()
    with tempfile.TemporaryDirectory(prefix="pipl-thumbnails-") as aside:
        found = recording.record(sources, Path(aside))
        for note in [note for one in found.values() for note in one.notes]:
            sys.stderr.write(f"facts: {note}\n")
        return tuple(
            make(
                ProductSpec(
                    product.package,
                    product.type,
                    product.requires,
                    _stored(product, places, store, stored, found),
                    inputs,
                ),
                release,
                places.out,
            )
            for product in products
        )


def _run(task: Task, places: Places) -> List[ProductBuilder]:
    """Call `process()` within its bounds; the products that it asked for."""
    running = Job(places.scratch, places.view, task.version)
    outside = (places.scratch, places.out)
    before = snapshot.take(places.workspace, without=outside)
    failed = ""
    with _contained(places.scratch), guard.guarded(task.name, places.scratch) as watched:
        try:
            task.process(running)
        except (Exception, SystemExit) as fault:  # noqa: BLE001  # foreign code
            traceback.print_exc(file=sys.stderr)
            failed = f"{type(fault).__name__}: {fault}"
    after = snapshot.take(places.workspace, without=outside)
    written = (*watched.violations, *snapshot.changes(before, after))
    if written:
        raise WroteOutside(task.name, tuple(dict.fromkeys(written))[:_SHOWN])
    if failed:
        raise ProcessFailed(task.name, failed)
    return running.products


def _same_version(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version  # stdlib-only import

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _inputs() -> Tuple[Item, ...]:
    """The assets of the products that are installed here: what the task could read."""
    content, _ = installed.product_assets()
    return tuple(
        Item(f"{package}/{one.name}", one.revision)
        for package in sorted(content)
        for one in content[package].assets
    )


def _stored(
    product: ProductBuilder,
    places: Places,
    store: AssetStore,
    stored: Dict[Path, Stored],
    found: Mapping[Tuple[str, Path], Found],
) -> Tuple[Reference, ...]:
    """Store a product's assets; `stored` is what was stored before."""
    scratch = places.scratch.resolve()
    references = []
    for source in product.sources:
        kind = asset_types()[source.type]
        path = source.path.resolve() if not source.path.is_symlink() else source.path
        if path not in stored:
            ours = scratch in path.parents
            stored[path] = store.add(path, product=product.package, asset=source.name, link=ours)
        reference = Reference(
            name=source.name,
            type=source.type,
            basename=kind.make_basename(product.package, source.name, path),
            shape=kind.shape,
            revision=stored[path].revision,
            size=stored[path].size,
            facts=found[source.type, source.path].facts,
        )
        store.verify(reference)
        thumbnail = found[source.type, source.path].thumbnail
        references.append(_shown(reference, product.package, thumbnail, store))
    return tuple(references)


def _shown(
    reference: Reference, product: str, thumbnail: Optional[Path], store: AssetStore
) -> Reference:
    """With its thumbnail stored, if there is one."""
    if thumbnail is None:
        return reference
    stored = store.add(thumbnail, product=product, asset=reference.name)
    shown = replace(reference, thumbnail=stored.revision, thumbnail_size=stored.size)
    assert shown.picture is not None
    store.verify(shown.picture)
    return shown


@contextlib.contextmanager
def _contained(scratch: Path) -> Iterator[None]:
    """Make what writes by itself write below scratch: current folder, temporary files, caches.

    Byte code is not written at all.
    """
    temporary = scratch / ".tmp"
    temporary.mkdir()
    folder, variables = Path.cwd(), dict(os.environ)
    byte_code, tempdir = sys.dont_write_bytecode, tempfile.tempdir
    os.chdir(scratch)
    os.environ.update(dict.fromkeys(_VARIABLES, str(temporary)), PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode, tempfile.tempdir = True, str(temporary)
    try:
        yield
    finally:
        sys.dont_write_bytecode, tempfile.tempdir = byte_code, tempdir
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(folder)
