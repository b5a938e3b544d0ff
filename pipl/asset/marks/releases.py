"""The product releases of a project: every wheel of every index of its own, stages too.

Mirrors are not looked into: what they hold belongs to others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipl.asset.marks import wheels
from pipl.asset.marks.record import Record
from pipl.errors.base import PiplError
from pipl.errors.index import ReleaseNotFound
from pipl.errors.server import ServerDown, ServerStopped
from pipl.index.client import MIRROR_TYPE, IndexClient
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile
from pipl.progress import SILENT, Progress
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.errors import InvalidProduct


@dataclass(frozen=True)
class ProductRelease:
    """One wheel on one index that references assets."""

    index: IndexName
    distribution: str
    version: str
    filename: str
    sha256: str
    content: ProductAssets

    @property
    def product(self) -> str:
        """The import name that views and paths use."""
        return self.content.product

    @property
    def assets(self) -> tuple[Reference, ...]:
        return self.content.assets

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} on {self.index}"


@dataclass(frozen=True)
class Unreadable:
    """Something that may reference assets and cannot be read; the reason is for people."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


@dataclass(frozen=True)
class Found:
    """Product releases, what of the indexes cannot be read, and which indexes are mirrors."""

    releases: tuple[ProductRelease, ...]
    unreadable: tuple[Unreadable, ...]
    mirrors: frozenset[IndexName] = frozenset()


def of_project(
    client: IndexClient,
    record: Record,
    *,
    ignored: Collection[str] = (),
    progress: Progress = SILENT,
) -> Found:
    """Every product release; `ignored` are file names of wheels to pass over.

    A wheel that the record does not know is downloaded to be looked into.
    Raises ServerDown, ServerStopped, LoginNeeded, …: where the server cannot be asked at all.
    """
    names, mirrors = _indexes(client)
    files: list[ReleaseFile] = []
    unreadable: list[Unreadable] = []
    for name in names:
        progress.phase(f"listing {name}")
        try:
            files += _wheels(client, name, client.projects(name))
        except (ServerDown, ServerStopped):
            raise
        except PiplError as fault:
            unreadable.append(Unreadable(f"the index {name}", str(fault)))
    read = read_wheels(client, record, files, ignored=ignored, progress=progress)
    return Found(read.releases, (*unreadable, *read.unreadable), mirrors)


def of_distribution(
    client: IndexClient, record: Record, distribution: str, *, progress: Progress = SILENT
) -> Found:
    """The releases of one distribution on the project's own indexes."""
    names, mirrors = _indexes(client)
    files = [file for name in names for file in _wheels(client, name, (distribution,))]
    read = read_wheels(client, record, files, progress=progress)
    return Found(read.releases, read.unreadable, mirrors)


def using(releases: Iterable[ProductRelease], revision: str) -> list[str]:
    """The releases that reference a revision, as texts."""
    return [
        str(release)
        for release in releases
        if any(asset.revision == revision for asset in release.assets)
    ]


def read_wheels(
    client: IndexClient,
    record: Record,
    files: Iterable[ReleaseFile],
    *,
    ignored: Collection[str] = (),
    progress: Progress = SILENT,
) -> Found:
    """What these wheels reference, from the record or by downloading them."""
    wanted = [file for file in files if file.filename not in ignored]
    texts = record.known({file.sha256 for file in wanted if file.sha256})
    unknown = {file.sha256 or file.url: file for file in wanted if file.sha256 not in texts}
    unreadable: list[Unreadable] = []
    gone: set[str] = set()
    if unknown:
        progress.phase(f"reading {len(unknown)} new wheels")
    for number, (key, file) in enumerate(unknown.items()):
        try:
            texts[key] = _look_into(client, file)
        except ReleaseNotFound:
            gone.add(key)  # deleted since it was listed
            continue
        except (InvalidProduct, PiplError) as fault:
            if isinstance(fault, (ServerDown, ServerStopped)):
                raise
            unreadable.append(Unreadable(f"{file.filename} on {file.index}", str(fault)))
            continue
        if file.sha256:
            record.keep(file.sha256, texts[key])
        progress.advance(number + 1, len(unknown), "wheels")
    found: list[ProductRelease] = []
    for file in wanted:
        text = texts.get(file.sha256 or file.url)
        if text is None:
            continue
        try:
            content = wheels.parsed(text, wheel=file.filename)
        except InvalidProduct as fault:
            unreadable.append(Unreadable(f"{file.filename} on {file.index}", str(fault)))
            continue
        found.append(
            ProductRelease(
                file.index, file.project, file.version, file.filename, file.sha256, content
            )
        )
    return Found(tuple(found), tuple(unreadable))


def _indexes(client: IndexClient) -> tuple[tuple[IndexName, ...], frozenset[IndexName]]:
    """The project's own indexes, and the mirrors.

    Stages come before what they inherit from: a release that is promoted while they are listed
    one after the other is seen on at least one of them.
    """
    configs = client.indexes()
    inherited = {base for config in configs for base in config.bases}
    own = [config.name for config in configs if config.type != MIRROR_TYPE]
    mirrors = frozenset(config.name for config in configs if config.type == MIRROR_TYPE)
    return tuple(sorted(own, key=lambda name: (name in inherited, name))), mirrors


def _wheels(
    client: IndexClient, index: IndexName, projects: Iterable[str]
) -> Iterator[ReleaseFile]:
    for project in projects:
        for release in client.releases(index, project):
            yield from (file for file in release.files if file.is_wheel)


def _look_into(client: IndexClient, file: ReleaseFile) -> str | None:
    with tempfile.TemporaryDirectory(prefix="pipl-assets-") as folder:
        return wheels.text_of(client.download(file, Path(folder) / "wheel.whl"))
