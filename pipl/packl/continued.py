"""Going on from a published task version: its workspace and its source, ready for the next."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

from pipl.build import sdist
from pipl.env.install import Installer
from pipl.errors.build import InvalidSdist
from pipl.index.client import IndexClient
from pipl.index.release import ReleaseFile
from pipl.packl import version as versions
from pipl.packl.name import check_package_name
from pipl.progress import SILENT, Progress
from pipl.workspace import folder as workspace_folder
from pipl.workspace import locking, opened, overlay
from pipl.workspace.area import Workarea
from pipl.workspace.folder import Workspace
from pipl.workspace.overlay import Production
from pipl_pipe.packl import Note

_GENERATED = ("PKG-INFO", "*.egg-info")
"""What builders add to the sources in an sdist."""


def continue_release(
    workarea: Workarea,
    client: IndexClient,
    name: str,
    version: str,
    installer: Installer,
    *,
    as_name: str | None = None,
    note: Note,
    progress: Progress = SILENT,
) -> Workspace:
    """Make a workspace as the release was locked, in which its source is edited, bumped by patch.

    It is not synced yet. Nothing remains after a failure. Raises ReleaseNotFound, InvalidWheel
    (no lock inside), InvalidSdist (none, or damaged), InvalidPackl, PathExists, Unresolvable.
    """
    release = opened.published(client, workarea.binding.index, name, version)
    source = release.sdist
    if source is None:
        raise InvalidSdist(f"{name} {version}", "the release has none, so there is no source")
    workspace = opened.open_release(
        workarea, client, name, version, as_name=as_name, progress=progress
    )
    try:
        lock = locking.read_lock(workspace)
        assert lock is not None  # it has just been written
        production = Production(f"{name}=={version}", lock, workspace.requirements)
        besides = overlay.besides(workspace, production, installer)
        versions.bump(_unpack(client, source, workspace.folder), "patch", note)
        extras = tuple(workspace_folder.EXTRAS)
        workspace = dataclasses.replace(workspace, requirements=besides, extras=extras)
        workspace_folder.save(workspace)
        wanted = locking.wanted(
            workspace, prefer=lock, upgrade=frozenset({release.project}), progress=progress
        )
        locking.solve(workspace, wanted, installer, progress=progress).write(workspace.lock_path)
    except BaseException:
        workspace_folder.delete(workspace)
        raise
    return workspace


def _unpack(client: IndexClient, source: ReleaseFile, workspace: Path) -> Path:
    """The source's folder in the workspace, named for its package."""
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=workspace) as name:
        inside = Path(name) / "source"
        inside.mkdir()
        top = sdist.unpack(client.download(source, Path(name) / source.filename), inside)
        for pattern in _GENERATED:
            for path in top.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        # a packl's folder is named as it is; reading it later says so where they differ
        return top.rename(workspace / check_package_name(source.project.replace("-", "_")))
