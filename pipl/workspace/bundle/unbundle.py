"""A workspace from a bundle, without a network."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

from packaging.version import Version

from pipl.env.install import Installer
from pipl.env.lock import Lock, LockedPackage
from pipl.errors.base import FrameworkError
from pipl.errors.env import InvalidBundle, OtherProject
from pipl.errors.usage import NoWorkarea, NoWorkareaForBundle
from pipl.index.name import IndexName
from pipl.progress import SILENT, Counted, Progress
from pipl.project.binding import Binding
from pipl.workspace import area
from pipl.workspace import folder as workspace_folder
from pipl.workspace.area import Workarea
from pipl.workspace.bundle import manifest as manifests
from pipl.workspace.bundle.manifest import Manifest
from pipl.workspace.bundle.served import INDEX, ServedWheels, served
from pipl.workspace.folder import Workspace
from pipl.workspace.locking import interpreter_for
from pipl.workspace.materialise import materialise, settle
from pipl.workspace.place import Place
from pipl_pipe.asset import view
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.view import Placed
from pipl_pipe.errors import PipeError


def binding_of(manifest: Manifest) -> Binding:
    """The project of a bundle, by its server's URL."""
    return Binding(manifest.project, manifest.url, IndexName.parse(manifest.index))


def workarea_for(source: Path, start: Path, *, new: bool) -> Workarea:
    """The workarea around `start`; with `new`, where there is none, `start` is made one.

    Raises NoWorkareaForBundle, InvalidBundle.
    """
    try:
        return area.find(start)
    except NoWorkarea as fault:
        if new:
            return area.mark(start, binding_of(manifests.read(source)))
        raise NoWorkareaForBundle(str(start)) from fault


def unbundle(
    source: Path,
    workarea: Workarea,
    installer: Installer,
    environ: Mapping[str, str],
    *,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Workspace:
    """Make the workspace of the bundle at `source`, every file of which is verified first.

    Its lock names the project's server again, so that it goes on as any other workspace once
    that is reached. Nothing remains after a failure, but where a packl is refused by this
    machine, such as for an application that is not there: once it is, a sync will do.
    Raises InvalidBundle, InvalidLock, OtherProject, InvalidName, PathExists, NoInterpreter,
    InstallFailed, FrameworkError.
    """
    manifest = manifests.read(source)
    if manifest.project != workarea.binding.name:
        raise OtherProject(str(source), manifest.project, workarea.binding.name)
    manifests.verify(source, manifest, progress=progress)
    lock = _checked_lock(source, manifest)
    workspace = workspace_folder.create(
        workarea, name or manifest.workspace, python=manifest.python
    )
    try:
        workspace = dataclasses.replace(
            workspace,
            binding=dataclasses.replace(workarea.binding, index=IndexName.parse(manifest.index)),
            requirements=manifest.requirements,
            extras=manifest.extras,
            opened=manifest.opened,
            prefer=manifest.prefer,
        )
        workspace_folder.save(workspace)
        for packl in manifest.sources:
            shutil.copytree(source / manifests.SOURCES / packl, workspace.folder / packl)
        lock.rebased(workarea.binding.url).write(workspace.lock_path)
        _lay(source, manifest, workspace, progress)
        _install(source, manifest, workspace, lock, installer, environ, progress)
    except BaseException:
        workspace_folder.delete(workspace)
        raise
    place = Place(workspace.folder, workspace.binding, environ, prefer=workspace.prefer)
    settle(place, progress=progress)
    return workspace


def _checked_lock(source: Path, manifest: Manifest) -> Lock:
    """The bundle's lock, all of which the bundle holds. Raises InvalidBundle, InvalidLock."""
    path = source / manifests.LOCK
    lock = Lock.parse(path.read_text(encoding="utf-8", errors="replace"), source=str(path))
    problems = []
    for package in lock.needed_here(Version(manifest.python)).packages:
        if package.directory is not None and package.directory not in manifest.sources:
            problems.append(f"it lacks the folder {package.directory} of {package.name}")
        if package.directory is None and not _held(package, manifest):
            problems.append(f"it lacks a wheel of {package.name} {package.version}")
    if problems:
        raise InvalidBundle(str(source), tuple(problems[: manifests.MAX_SHOWN]))
    return lock


def _held(package: LockedPackage, manifest: Manifest) -> list[str]:
    """The names of a package's files that are in the bundle as they were locked."""
    return [
        file.name
        for file in package.files
        if manifest.files.get(f"{manifests.WHEELS}/{file.name}") == file.sha256
    ]


def _lay(source: Path, manifest: Manifest, workspace: Workspace, progress: Progress) -> None:
    """Lay the asset view from the bundle: syncing then finds everything there already."""
    shown = [
        Placed(package, one)
        for package, content in sorted(manifest.products.items())
        for one in content.assets
    ]
    if not shown:
        return
    progress.phase(f"laying {len(shown)} assets")
    store = FolderStore(source / manifests.ASSETS)
    try:
        view.lay(workspace.assets, shown, store, link=False, progress=Counted(progress))
    except PipeError as fault:
        raise FrameworkError(fault.code, str(fault), fault.advice) from fault


def _install(
    source: Path,
    manifest: Manifest,
    workspace: Workspace,
    lock: Lock,
    installer: Installer,
    environ: Mapping[str, str],
    progress: Progress,
) -> None:
    wheels = {
        source / manifests.WHEELS / name: manifest.files[f"{manifests.WHEELS}/{name}"]
        for name in manifest.wheels
    }
    with served(wheels) as index:
        here = dataclasses.replace(workspace.binding, url=index.url, index=INDEX)
        place = Place(workspace.folder, here, environ, prefer=manifest.prefer)
        wanted = _from(lock, manifest, index)
        interpreter = interpreter_for(workspace)
        try:
            materialise(place, wanted, interpreter, installer, progress=progress)
        except FrameworkError:
            if not workspace.environment.exists():
                raise
            # what this machine refuses is told once all else is done


def _from(lock: Lock, manifest: Manifest, index: ServedWheels) -> Lock:
    """What of the lock is needed here, with the bundle's files in place of the server's."""

    def moved(package: LockedPackage) -> LockedPackage:
        held = _held(package, manifest)
        files = tuple(
            dataclasses.replace(file, url=index.file_url(file.name))
            for file in package.files
            if file.name in held
        )
        return dataclasses.replace(package, files=files)

    here = lock.needed_here(Version(manifest.python)).packages
    packages = tuple(map(moved, here))
    return dataclasses.replace(lock, packages=packages, origin=index.url)
