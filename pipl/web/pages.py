"""What the private indexes of the server know of a project, for its simple pages."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from devpi_server.model import BaseStage

from pipl.index.pages import TIME_FORMAT, Page, PageFile
from pipl.web import feed, reserved

YANKED = "pipl_yanked"
"""Key of a version's state: the reason, who said so and when. (devpi imports no export of its own
in which one begins with +, as its private ones do.)"""


def private_bases(stage: Any) -> list[BaseStage]:
    """An index and what it inherits from, nearest first, without mirrors."""
    return [one for one in stage.sro() if not reserved.is_mirror(one)]


def of_project(stages: Sequence[BaseStage], project: str) -> Page:
    """The page of a project over its indexes, nearest first."""
    held = [look(stage, project) for stage in stages if stage.has_project_perstage(project)]
    return merged(project, held)


def merged(project: str, held: Sequence[Page]) -> Page:
    """The page that indexes have together.

    A file is told by the nearest one; a version that any of them has yanked is yanked.
    """
    yanked = {
        file.version: file.yanked
        for page in reversed(held)
        for file in page.files
        if file.yanked is not None
    }
    found: dict[str, PageFile] = {}
    for page in held:
        for file in page.files:
            found.setdefault(file.filename, file)
    if not yanked:
        return Page(project, tuple(found.values()))
    return Page(project, tuple(_yanked(file, yanked) for file in found.values()))


def _yanked(file: PageFile, yanked: Mapping[str, str]) -> PageFile:
    if file.version not in yanked:
        return file
    values: dict[str, Any] = {**vars(file), "yanked": yanked[file.version]}
    return PageFile(**values)


def look(stage: Any, project: str) -> Page:
    """What one index itself holds of a project."""
    files = []
    tells_metadata = bool(stage.xom.config.args.enable_core_metadata)
    for version in sorted(stage.list_versions_perstage(project)):
        state = stage.get_versiondata_perstage(project, version)
        for path, link in feed.release_links(state).items():
            python = state.get("requires_python")
            file = PageFile(
                filename=path.rpartition("/")[2],
                version=version,
                path=path,
                digest=_digest(link),
                requires_python=str(python) if python else None,
                size_bytes=_size_bytes(stage, path),
                uploaded=_uploaded(link),
                yanked=reason_of(state),
                metadata=tells_metadata and path.endswith(".whl"),
            )
            files.append(file)
    return Page(project, tuple(files))


def reason_of(state: Mapping[str, Any]) -> str | None:
    """Why a version is yanked, None where it is not."""
    yanked = state.get(YANKED)
    return None if yanked is None else str(yanked.get("reason") or "")


def _digest(link: Mapping[str, Any]) -> str:
    sha256 = feed.sha256_of(link)
    return f"sha256={sha256}" if sha256 else str(link.get("hash_spec") or "")


def _uploaded(link: Mapping[str, Any]) -> str | None:
    """When it was uploaded or pushed to this index: the latest entry of its log that says so."""
    times = [one.get("when") for one in link.get("_log", ()) if one.get("what") in _ARRIVALS]
    if not times or not times[-1]:
        return None
    with contextlib.suppress(TypeError, ValueError):
        return datetime(*times[-1][:6]).strftime(TIME_FORMAT)  # noqa: DTZ001  it is in UTC
    return None


def _size_bytes(stage: Any, path: str) -> int | None:
    """None where its content is not here (yet)."""
    entry = stage.filestore.get_file_entry(path)
    with contextlib.suppress(OSError):
        if entry is not None:
            return int(entry.file_size())
    return None


_ARRIVALS = ("upload", "push")
