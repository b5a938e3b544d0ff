"""Making a bundle: the lock, the files that it names, the packls being edited, the assets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging import tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pipl import toml
from pipl.env.install import Installer, Resolve
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock, LockedFile, LockedPackage
from pipl.errors.base import FrameworkError
from pipl.errors.env import NotBundled, NotInstalled, NotLocked, OnePlatform
from pipl.errors.usage import InvalidFile, NotWritable, PathExists
from pipl.index.client import IndexClient
from pipl.index.release import ReleaseFile
from pipl.progress import SILENT, Counted, Progress
from pipl.workspace import placed
from pipl.workspace.bundle import manifest as manifests
from pipl.workspace.bundle.manifest import Manifest
from pipl.workspace.folder import Workspace
from pipl.workspace.locking import interpreter_for, read_lock
from pipl_pipe.asset.places import opened
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetDamaged, PipeError

_LEFT_OUT = ("__pycache__", "dist", "build", "node_modules")
_BUILD = ("setuptools>=64",)
"""What builds a packl that does not say (PEP 518)."""


@dataclass(frozen=True)
class Bundled:
    """A bundle that was made; `size` is in bytes."""

    folder: Path
    wheels: int
    sources: tuple[str, ...]
    assets: int
    size: int


def bundle(
    workspace: Workspace,
    destination: Path,
    client: IndexClient,
    installer: Installer,
    environ: Mapping[str, str],
    *,
    every_platform: bool = False,
    progress: Progress = SILENT,
) -> Bundled:
    """Write all that recreates a synced workspace to the new folder `destination`.

    That is its lock, the files that it names for this platform (or for all of its own), what
    builds its edited packls, these themselves, and the assets of its products. The folder appears
    whole or not at all. Raises NotLocked, NotInstalled, OnePlatform, NotBundled, PathExists,
    NotWritable, ServerDown, DamagedDownload, StoreMisconfigured, FrameworkError (an asset that no
    place has).
    """
    lock = read_lock(workspace)
    if lock is None:
        raise NotLocked(str(workspace.folder))
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    if os.path.lexists(destination):
        raise PathExists(str(destination))
    if every_platform and not lock.platforms:
        raise OnePlatform(str(workspace.lock_path))
    interpreter = interpreter_for(workspace)
    files = _files(workspace, lock, installer, interpreter, every_platform, progress)
    products = {one.package: one.content for one in placed.assets_of(workspace.environment)}
    try:
        with tempfile.TemporaryDirectory(
            prefix=f".{destination.name}.", dir=destination.parent
        ) as aside:
            made = Path(aside) / "bundle"
            (made / manifests.WHEELS).mkdir(parents=True)
            lock.write(made / manifests.LOCK)
            for file in files.values():
                progress.phase(f"downloading {file.filename}")
                client.download(file, made / manifests.WHEELS / file.filename, progress=progress)
            _copy_sources(workspace, made / manifests.SOURCES)
            count = _copy_assets(workspace, products, made / manifests.ASSETS, environ, progress)
            progress.phase("hashing what was bundled")
            manifest = _manifest(workspace, interpreter, products, made, progress)
            manifests.write(made, manifest)
            made.rename(destination)
    except OSError as fault:
        raise NotWritable(str(destination), fault.strerror or str(fault)) from fault
    size = sum(path.stat().st_size for path in destination.rglob("*") if path.is_file())
    return Bundled(destination, len(files), manifest.sources, count, size)


def _manifest(
    workspace: Workspace,
    interpreter: Interpreter,
    products: Mapping[str, ProductAssets],
    made: Path,
    progress: Progress,
) -> Manifest:
    binding = workspace.binding
    return Manifest(
        workspace=workspace.name,
        project=binding.name,
        url=binding.url,
        index=str(binding.index),
        python=interpreter.minor,
        requirements=workspace.requirements,
        extras=workspace.extras,
        opened=workspace.opened,
        prefer=workspace.prefer,
        products=products,
        files=manifests.listed(made, progress=progress),
    )


def _files(
    workspace: Workspace,
    lock: Lock,
    installer: Installer,
    interpreter: Interpreter,
    every_platform: bool,
    progress: Progress,
) -> dict[str, ReleaseFile]:
    """What is downloaded, by file name. Raises NotBundled with all that cannot be."""
    fitting = None if every_platform else _tags(interpreter)
    platforms = lock.platforms if every_platform else ()
    found: dict[str, ReleaseFile] = {}
    problems: list[str] = []
    own = {path.name for path in workspace.edited}
    for needed in (lock, *_builders(workspace, installer, interpreter, platforms, progress)):
        there = needed if every_platform else needed.needed_here(interpreter.version)
        for package in there.packages:
            if package.directory is not None:
                if package.directory not in own:
                    problems.append(f"{package.name} is a folder outside: {package.directory}")
                continue
            wheels = [one for one in package.files if _fits(one, fitting)]
            if not wheels:
                problems.append(f"{package.name} {package.version} has no wheel for this platform")
            elsewhere = [one.url for one in wheels if not one.url.startswith(f"{needed.origin}/")]
            problems += [f"{url} is not on the project's server" for url in elsewhere]
            found.update({one.name: _release_file(workspace, package, one) for one in wheels})
    problems += _links(workspace)
    if problems:
        raise NotBundled(str(workspace.folder), tuple(dict.fromkeys(problems)))
    return found


def _builders(
    workspace: Workspace,
    installer: Installer,
    interpreter: Interpreter,
    platforms: tuple[str, ...],
    progress: Progress,
) -> Iterator[Lock]:
    """Locks of what builds the packls being edited: each is installed in a build of its own."""
    wanted = {_build_requirements(path) for path in workspace.edited}
    for requirements in sorted(wanted):
        progress.phase(f"resolving what builds packls: {', '.join(requirements)}")
        yield installer.resolve(
            Resolve(
                requirements=requirements,
                root=workspace.folder,
                index_url=workspace.binding.index_url,
                python=interpreter,
                platforms=platforms,
            )
        )


def _build_requirements(packl: Path) -> tuple[str, ...]:
    path = packl / "pyproject.toml"
    system = toml.read(path).get("build-system", {})
    if not isinstance(system, dict):
        raise InvalidFile(str(path), "`build-system` must be a table")
    return toml.texts(system, "requires", path) or _BUILD


def _tags(interpreter: Interpreter) -> frozenset[tags.Tag]:
    version = (interpreter.version.major, interpreter.version.minor)
    platforms = list(tags.platform_tags())
    return frozenset(
        [
            *tags.cpython_tags(version, platforms=platforms),
            *tags.compatible_tags(version, f"cp{version[0]}{version[1]}", platforms),
        ]
    )


def _fits(file: LockedFile, fitting: frozenset[tags.Tag] | None) -> bool:
    """Whether it is a wheel for these tags (None: for whatever platform)."""
    try:
        return file.kind == "wheel" and (
            fitting is None or bool(parse_wheel_filename(file.name)[3] & fitting)
        )
    except InvalidWheelFilename:
        return False


def _release_file(workspace: Workspace, package: LockedPackage, file: LockedFile) -> ReleaseFile:
    return ReleaseFile(
        workspace.binding.index,
        package.name,
        package.version or "",
        file.name,
        file.url,
        file.sha256,
    )


def _links(workspace: Workspace) -> Iterator[str]:
    for packl in workspace.edited:
        for path in _source_paths(packl):
            if path.is_symlink():
                yield f"{path.relative_to(workspace.folder)} is a link"


def _source_paths(packl: Path) -> Iterator[Path]:
    """The files and links of a packl, but for what is built and what is hidden."""
    for parent, folders, names in os.walk(packl):
        links = [one for one in folders if Path(parent, one).is_symlink()]
        folders[:] = [
            one
            for one in folders
            if one not in _LEFT_OUT and not one.endswith(".egg-info") and one[0] != "."
        ]
        yield from (Path(parent, name) for name in (*links, *names))


def _copy_sources(workspace: Workspace, destination: Path) -> None:
    for packl in workspace.edited:
        for path in _source_paths(packl):
            copied = destination / path.relative_to(workspace.folder)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copied, follow_symlinks=False)


def _copy_assets(
    workspace: Workspace,
    products: Mapping[str, ProductAssets],
    destination: Path,
    environ: Mapping[str, str],
    progress: Progress,
) -> int:
    """Store every asset in the bundle too; how many there are."""
    wanted = [(package, one) for package, content in products.items() for one in content.assets]
    if not wanted:
        return 0
    progress.phase(f"copying {len(wanted)} assets")
    try:
        with opened(placed.places_of(workspace.environment, environ), Counted(progress)) as store:
            _store_again(store, wanted, destination)
    except PipeError as fault:
        raise FrameworkError(fault.code, str(fault), fault.advice) from fault
    return len(wanted)


def _store_again(store: AssetStore, wanted: list[tuple[str, Reference]], destination: Path) -> None:
    """Raises AssetMissing, and AssetDamaged where the store holds something else."""
    for package, one in wanted:
        kept = FolderStore(destination, parents=True, algorithm=one.digest.algorithm)
        if kept.has(one.revision):
            continue
        with tempfile.TemporaryDirectory(prefix=".asset-", dir=destination.parent) as aside:
            laid = Path(aside) / one.basename
            store.view(package, one, laid, link=False)
            stored = kept.add(laid, product=package, asset=one.name)
        if stored.revision != one.revision:
            raise AssetDamaged(one.revision, f"of {package}/{one.name}", stored.revision)
