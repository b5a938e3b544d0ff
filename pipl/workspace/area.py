"""The workarea: a folder of workspaces bound to a project, by folder or by URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipl import toml
from pipl.errors.usage import NotWritable, NoWorkarea, PathExists
from pipl.index.name import IndexName
from pipl.project import folder as project_folder
from pipl.project.binding import Binding

MARK = ".workarea"


@dataclass(frozen=True)
class Workarea:
    """A marked folder and the project it belongs to."""

    folder: Path
    binding: Binding


def create(path: Path, binding: Binding) -> Workarea:
    """Make a workarea, in a new or empty folder. Raises PathExists, NotWritable."""
    path = path.absolute()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise PathExists(str(path))
    return mark(path, binding)


def mark(path: Path, binding: Binding) -> Workarea:
    """Bind the folder `path` to a project, or bind it anew. Raises NotWritable."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise NotWritable(str(path), fault.strerror or str(fault)) from fault
    toml.write(
        path / MARK,
        {
            "format": "pipl-workarea/1",
            "project": binding.name,
            "url": binding.url,
            "index": str(binding.index),
            "folder": str(binding.folder) if binding.folder else None,
            "platforms": None if binding.folder else list(binding.platforms) or None,
        },
        comment="A pipl workarea.",
    )
    return Workarea(path, binding)


def find(start: Path) -> Workarea:
    """The workarea that `start` lies in, else the default one of the project that it lies in.

    Raises NoWorkarea, InvalidFile.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return load(folder)
        if (folder / project_folder.MARK).is_file():
            project = project_folder.load(folder)
            return Workarea(project.workarea, project.binding)
    raise NoWorkarea(str(start))


def load(folder: Path) -> Workarea:
    """The workarea marked at `folder`.

    Where the project's folder is visible from here, its own mark says where the server is
    now; else the URL that the workarea was bound to counts, and the platforms of then.
    """
    mark_path = folder / MARK
    values = toml.read(mark_path)
    project = toml.text(values, "folder", mark_path, "")
    if project and (Path(project) / project_folder.MARK).is_file():
        return Workarea(folder, project_folder.load(Path(project)).binding)
    return Workarea(
        folder,
        Binding(
            name=toml.text(values, "project", mark_path),
            url=toml.text(values, "url", mark_path),
            index=IndexName.parse(toml.text(values, "index", mark_path)),
            platforms=project_folder.known_platforms(
                toml.texts(values, "platforms", mark_path), mark_path
            ),
        ),
    )
