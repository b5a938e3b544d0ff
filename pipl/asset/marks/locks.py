"""The products that registered workspaces have locked or installed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pipl.asset.marks import wheels
from pipl.asset.marks.record import Record
from pipl.asset.marks.releases import Unreadable
from pipl.env.locked import LockedFile, LockedPackage
from pipl.errors.base import PiplError
from pipl.errors.usage import InvalidIndexName
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile, same_version
from pipl.project.folder import Project
from pipl.workspace import folder, registered
from pipl.workspace.area import Workarea
from pipl.workspace.folder import Workspace
from pipl.workspace.locking import read_lock
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.errors import InvalidProduct
from pipl_pipe.names import normalised


@dataclass
class Locked:
    """What workspaces need.

    `unknown` are wheels of the project's server that neither a listing nor an environment
    explains, each with the folder of its workspace.
    """

    products: list[ProductAssets] = field(default_factory=list)
    unknown: list[tuple[Path, ReleaseFile]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


@dataclass(frozen=True)
class Listed:
    """What is known before locks are read: products by the sha256 of their wheels, the record,
    and which indexes mirror others (their wheels are none of the project's)."""

    known: Mapping[str, ProductAssets]
    record: Record
    mirrors: Collection[IndexName]


def read_all(project: Project, listed: Listed) -> Locked:
    """What all workspaces of the project have locked or installed."""
    found = Locked()
    for workspace in _workspaces(project, found):
        try:
            _read(workspace, listed, found)
        except (PiplError, InvalidProduct, OSError, UnicodeDecodeError) as fault:
            found.unreadable.append(Unreadable(f"the workspace {workspace.folder}", str(fault)))
    return found


def _workspaces(project: Project, found: Locked) -> Iterable[Workspace]:
    """Those registered, and those in the default workarea, registered or not."""
    noted, damaged = registered.all_of(project.folder)
    found.unreadable += [Unreadable("the note of a workspace", str(one)) for one in damaged]
    inside, faults = folder.in_area(Workarea(project.workarea, project.binding))
    found.unreadable += [Unreadable("a workspace", str(one)) for one in faults]
    workspaces = {one.folder: one for one in inside}
    for one in noted:
        if one.folder in workspaces:
            continue
        try:
            if not (one.folder / folder.MARK).is_file():
                raise FileNotFoundError("it is not there, or not seen from this machine")
            workspaces[one.folder] = folder.load(one.folder)
        except (PiplError, OSError) as fault:
            whose = f" of {one.user}" if one.user else ""
            what = f"the workspace {one.folder}{whose} on {one.host}"
            found.unreadable.append(Unreadable(what, str(fault)))
    return workspaces.values()


def _read(workspace: Workspace, listed: Listed, found: Locked) -> None:
    site = workspace.environment.site_packages
    for place in (site, *workspace.edited):
        for name, text in wheels.installed(place):
            found.products.append(wheels.parsed(text, wheel=name))
    lock = read_lock(workspace)
    if lock is None:
        return
    installed = _distributions(site)
    for package in lock.packages:
        if not _explained(package, listed, installed, found):
            files = _own_files(package, workspace.binding.url, listed.mirrors)
            found.unknown += [(workspace.folder, file) for file in files]


def _explained(
    package: LockedPackage, listed: Listed, installed: Mapping[str, str], found: Locked
) -> bool:
    """Whether it is known what a locked package references; products are added to `found`."""
    digests = [file.sha256 for file in package.files]
    known = [listed.known[digest] for digest in digests if digest in listed.known]
    if known:
        found.products += known
        return True
    recorded = listed.record.known(digests)
    for text in filter(None, recorded.values()):
        found.products.append(wheels.parsed(text, wheel=package.name))
    if recorded or package.version is None:
        return True
    return same_version(installed.get(package.name, ""), package.version)


def _own_files(
    package: LockedPackage, url: str, mirrors: Collection[IndexName]
) -> list[ReleaseFile]:
    """The wheels of a locked package that lie on the project's own indexes."""
    files = []
    for file in package.files:
        index = _index_of(file, url)
        if index is not None and index not in mirrors and file.name.endswith(".whl"):
            version = package.version or ""
            files.append(
                ReleaseFile(index, package.name, version, file.name, file.url, file.sha256)
            )
    return files


def _index_of(file: LockedFile, url: str) -> IndexName | None:
    """The index that a file of the server at `url` lies on, None for files of other servers."""
    if not file.url.startswith(f"{url}/"):
        return None
    parts = unquote(file.url[len(url) + 1 :]).split("/")
    try:
        return IndexName(parts[0], parts[1])
    except (IndexError, InvalidIndexName):
        return None


def _distributions(site_packages: Path) -> dict[str, str]:
    """The versions of what is installed, by normalised name."""
    found = {}
    for path in site_packages.glob("*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
        found[normalised(name)] = version
    return found
