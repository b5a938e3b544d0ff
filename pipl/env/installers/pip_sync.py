"""What pip has to be told so that an environment becomes equal to a lock."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipl.env.installed import Installed
from pipl.env.lock import Lock, LockedPackage


@dataclass(frozen=True)
class Plan:
    """Names to uninstall first, packages to install, names to uninstall at the end."""

    replaced: Sequence[str]
    files: Sequence[LockedPackage]
    folders: Sequence[LockedPackage]
    removed: Sequence[str]


def plan(lock: Lock, present: Mapping[str, Installed], root: Path, *, afresh: bool) -> Plan:
    """What of the lock is missing, or there in another way; `afresh`: all of it."""
    wanted = {package.name: package for package in lock.packages}
    # pip takes an edited package for the locked one where their versions agree
    replaced = [
        name
        for name, found in present.items()
        if name in wanted and found.folder is not None and wanted[name].directory is None
    ]
    kept = {} if afresh else {name: present[name] for name in present.keys() - set(replaced)}
    files = [
        package
        for package in lock.packages
        if package.directory is None and not _is_there(package, kept.get(package.name))
    ]
    folders = [
        package
        for package in lock.packages
        if package.directory is not None
        and not _is_up_to_date(package.directory, kept.get(package.name), root)
    ]
    return Plan(replaced, files, folders, sorted(present.keys() - wanted.keys()))


def page(packages: Iterable[LockedPackage]) -> str:
    """An HTML page for --find-links that offers the locked files and no others.

    So pip takes just these, wherever they are, and still records them as found on an index.
    """
    links = [
        f'<a href="{html.escape(file.url)}#sha256={file.sha256}">{html.escape(file.name)}</a><br>'
        for package in packages
        for file in package.files
        if file.kind != "archive"
    ]
    return "\n".join(["<!DOCTYPE html>", "<html><body>", *links, "</body></html>", ""])


def requirement_line(package: LockedPackage) -> str:
    """The line of a requirements file for a package that is installed from a file."""
    marker = f" ; {package.marker}" if package.marker else ""
    hashes = "".join(f" --hash=sha256:{file.sha256}" for file in package.files)
    direct = next((file.url for file in package.files if file.kind == "archive"), None)
    which = f"{package.name}=={package.version}" if direct is None else f"{package.name} @ {direct}"
    return f"{which}{marker}{hashes}"


def may_be_built(package: LockedPackage) -> bool:
    """Whether pip might choose its sdist, and then need the index for what builds it."""
    sources = any(not file.name.endswith(".whl") for file in package.files)
    return sources and not any(file.name.endswith("-none-any.whl") for file in package.files)


def _is_there(package: LockedPackage, found: Installed | None) -> bool:
    return found is not None and package.version in (None, found.version)


def _is_up_to_date(directory: str, found: Installed | None, root: Path) -> bool:
    """Whether it is edited in that folder and was installed after its metadata changed last."""
    folder = root.absolute() / directory
    if found is None or found.folder is None or found.folder.resolve() != folder.resolve():
        return False
    declared = [folder / name for name in ("pyproject.toml", "setup.cfg", "setup.py")]
    return all(not path.exists() or path.stat().st_mtime < found.since for path in declared)
