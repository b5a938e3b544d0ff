"""Opening a published release again, exactly as it was locked."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from pipl.build import wheel
from pipl.env.lock import Lock, LockedPackage
from pipl.errors.build import InvalidWheel
from pipl.errors.index import ReleaseNotFound
from pipl.errors.usage import InvalidRelease
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.release import Release, ReleaseFile
from pipl.progress import SILENT, Progress
from pipl.project.binding import Binding
from pipl.workspace import folder as workspace_folder
from pipl.workspace.area import Workarea
from pipl.workspace.folder import Workspace
from pipl.workspace.given import own_indexes

LOCK_IN_WHEEL = "pylock.toml"
"""Where a task's wheel carries its lock, below its .dist-info."""


def parse_release(text: str) -> tuple[str, str]:
    """`name==version` as a pair. Raises InvalidRelease."""
    try:
        requirement = Requirement(text)
        (specifier,) = requirement.specifier
    except (InvalidRequirement, ValueError) as fault:
        raise InvalidRelease(text) from fault
    if specifier.operator != "==" or specifier.version.endswith(".*"):
        raise InvalidRelease(text)
    return requirement.name, specifier.version


def open_release(
    workarea: Workarea,
    client: IndexClient,
    name: str,
    version: str,
    *,
    as_name: str | None = None,
    progress: Progress = SILENT,
) -> Workspace:
    """Make a workspace whose lock is the one inside the published wheel, plus the wheel itself.

    It is not synced yet. Raises ReleaseNotFound, InvalidWheel (no lock inside), PathExists.
    """
    release = published(client, workarea.binding.index, name, version)
    file = release.wheel
    if file is None:
        raise InvalidWheel(f"{name} {version}", "the release has no wheel")
    progress.phase(f"reading the lock of {name} {version}")
    lock = lock_of(client, file)
    if lock is None:
        raise InvalidWheel(file.filename, "it carries no lock; only tasks do")
    folder_name = as_name or f"{release.project.replace('-', '_')}-{version}"
    workspace = workspace_folder.create(workarea, folder_name)
    try:
        workspace = dataclasses.replace(
            workspace,
            requirements=(f"{name}=={version}",),
            extras=(),
            opened=f"{name}=={version}",
        )
        workspace_folder.save(workspace)
        with_release(lock.rebased(workarea.binding.url), file).write(workspace.lock_path)
    except BaseException:
        workspace_folder.delete(workspace)
        raise
    return workspace


def published_lock(client: IndexClient, binding: Binding, name: str, version: str) -> Lock:
    """The lock inside a task version that the project's indexes hold, with its own wheel.

    Raises ReleaseNotFound, InvalidWheel (no lock inside), InvalidLock.
    """
    file = published(client, binding.index, name, version).wheel
    found = None if file is None else lock_of(client, file)
    if file is None or found is None:
        raise InvalidWheel(f"{name} {version}", "it carries no lock; only tasks do")
    return with_release(found.rebased(binding.url), file)


def lock_of(client: IndexClient, file: ReleaseFile) -> Lock | None:
    """The lock inside a published wheel, None where it carries none."""
    with tempfile.TemporaryDirectory(prefix="pipl-") as folder:
        path = client.download(file, Path(folder) / file.filename)
        text = wheel.read_dist_info(path, LOCK_IN_WHEEL)
    return None if text is None else Lock.parse(text)


def with_release(lock: Lock, file: ReleaseFile) -> Lock:
    """The lock with a release's wheel added, so that installing it installs the release."""
    package = LockedPackage.of_file(
        name=file.project,
        version=file.version,
        url=file.url,
        filename=file.filename,
        sha256=file.sha256,
    )
    return lock.without(frozenset({package.name})).with_package(package)


def published(client: IndexClient, start: IndexName, name: str, version: str) -> Release:
    """The release on the index `start`, or on one that it inherits from. Raises ReleaseNotFound."""
    for index in own_indexes(client, start):
        try:
            return client.release(index, name, version)
        except ReleaseNotFound:
            continue
    raise ReleaseNotFound(str(start), name, version)
