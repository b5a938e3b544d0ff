"""Publishing a packl: built, given its lock, uploaded to a stage."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from pipl.build import packl as packl_build
from pipl.build import wheel
from pipl.build.packl import Builder, Built
from pipl.env.lock import Lock
from pipl.errors.env import NotLocked
from pipl.errors.index import ReleaseNotFound, VersionTaken
from pipl.errors.usage import ManyStages
from pipl.index import wheel_facts
from pipl.index.client import ANONYMOUS, AUTHENTICATED, IndexClient
from pipl.index.name import IndexName
from pipl.index.release import Release
from pipl.packl.graph import cycle, kept
from pipl.progress import SILENT, Progress
from pipl_pipe.packl import Packl

KIND_MEMBER = "pipl.json"
KIND_MEMBER = wheel_facts.KIND_MEMBER
LOCK_MEMBER = wheel_facts.LOCK_MEMBER
DIST = "dist"


@dataclass(frozen=True)
class Published:
    """What was uploaded, and to which index."""

    index: IndexName
    name: str
    version: str
    files: tuple[str, ...]


def publish(
    source: Packl,
    client: IndexClient,
    index: IndexName,
    builder: Builder,
    *,
    lock: Lock | None,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Published:
    """Build a packl and upload its sdist, then its wheel (the wheel is what CI reacts to).

    A task needs `lock`, its workspace's, which travels in the wheel without the packl itself;
    before anything is built it is refused where it would be made out of its own products, as
    the packls on `index` say (kept in the user's `cache` folder, if given).
    When an earlier upload stopped halfway, it is completed with the files built then.

    Raises VersionTaken, NotLocked, TaskCycle, BuildFailed, NotAllowed, LoginExpired,
    ServerStopped.
    """
    if source.kind == "task":
        if lock is None:
            raise NotLocked(str(source.folder.parent))
        progress.phase(f"looking at what {index} holds")
        cycle.refuse(kept.graph(client, index, cache), source)
    held = _held(client, index, source)
    built = _begun(source, held) if held is not None else None
    if held is not None and built is None:
        raise VersionTaken(str(index), source.name, source.version)
    if built is None:
        built = build(source, builder, lock=lock, progress=progress)
    present = {file.filename for file in held.files} if held else set()
    for path in (built.sdist, built.wheel):
        if path.name not in present:
            progress.phase(f"uploading {path.name} to {index}")
            client.upload(index, path, progress=progress)
    return Published(index, source.name, source.version, (built.sdist.name, built.wheel.name))


def build(
    source: Packl,
    builder: Builder,
    *,
    lock: Lock | None,
    progress: Progress = SILENT,
) -> Built:
    """Build sdist and wheel into the packl's `dist/`, the wheel with its kind and lock.

    Raises BuildFailed; what `dist/` held before is then untouched.
    """
    progress.phase(f"building {source.name} {source.version}")
    dist = source.folder / DIST
    with tempfile.TemporaryDirectory(prefix="pipl-build-") as aside:
        built = packl_build.build(source.folder, Path(aside), builder)
        members = {KIND_MEMBER: _kind_text(source)}
        if source.kind == "task" and lock is not None:
            concrete = lock.without(frozenset({canonicalize_name(source.name)}))
            members[LOCK_MEMBER] = concrete.without(concrete.editables).render()
        wheel.add(built.wheel, members)
        dist.mkdir(exist_ok=True)
        return Built(
            wheel=Path(shutil.move(built.wheel, dist / built.wheel.name)),
            sdist=Path(shutil.move(built.sdist, dist / built.sdist.name)),
        )


def choose_stage(client: IndexClient, project_index: IndexName) -> IndexName:
    """The index that a publish goes to when none is named.

    It is the only one that inherits from the project's and that the user may upload to.
    Raises ManyStages where there are several or none.
    """
    user = client.user or ANONYMOUS
    open_to = {user, ANONYMOUS, AUTHENTICATED}
    stages = [
        config.name
        for config in client.indexes()
        if project_index in config.bases and open_to & set(config.acl_upload)
    ]
    if len(stages) != 1:
        raise ManyStages(user, tuple(map(str, stages)))
    return stages[0]


def _kind_text(source: Packl) -> str:
    kind: dict[str, object] = {
        "format": "pipl-packl/1",
        "kind": source.kind,
        "type": source.type,
    }
    if source.follow != "manual":
        kind["follow"] = source.follow
    if source.products:
        kind["products"] = list(source.products)
    return json.dumps(kind, indent=1, sort_keys=True) + "\n"


def _held(client: IndexClient, index: IndexName, source: Packl) -> Release | None:
    try:
        return client.release(index, source.name, source.version)
    except ReleaseNotFound:
        return None


def _begun(source: Packl, held: Release) -> Built | None:
    """The files of an upload that stopped halfway, if `dist/` still holds them unchanged."""
    if held.wheel is not None or held.sdist is None:
        return None
    dist = source.folder / DIST
    sdist = dist / held.sdist.filename
    wheels = sorted(dist.glob(f"{source.folder.name}-{source.version}-*.whl"))
    if len(wheels) != 1 or not sdist.is_file():
        return None
    if hashlib.sha256(sdist.read_bytes()).hexdigest() != held.sdist.sha256:
        return None
    return Built(wheel=wheels[0], sdist=sdist)
