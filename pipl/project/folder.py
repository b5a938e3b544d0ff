"""The project folder: the `.pipl` mark and what lies below it (docs/reference/formats.md)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipl import toml
from pipl.env.platforms import PLATFORMS
from pipl.errors.usage import (
    InvalidFile,
    InvalidName,
    NestedProject,
    NoProject,
    NotWritable,
    PathExists,
)
from pipl.index.name import IndexName
from pipl.project.binding import Binding

MARK = ".pipl"
FORMAT = "pipl-project/1"
DEFAULT_INDEX = IndexName("root", "PROJ")
MIRROR = IndexName("root", "pypi")
DEFAULT_PORT = 3141  # devpi's own
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


@dataclass(frozen=True)
class Project:
    """A project on this machine, as its `.pipl` says.

    `pipeline` names the config packls that CI takes its flow from; `port` is where the
    server listens, on the host `host`; `ledger` is the URL of CI's database, empty for a file;
    `platforms` are those that locks are made for, none: the one of who makes them.
    """

    folder: Path
    name: str
    host: str = "localhost"
    port: int = DEFAULT_PORT
    index: IndexName = DEFAULT_INDEX
    pipeline: tuple[str, ...] = ()
    ledger: str = ""
    platforms: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def binding(self) -> Binding:
        return Binding(self.name, self.url, self.index, self.folder, self.platforms)

    @property
    def system(self) -> Path:
        return self.folder / "system"

    @property
    def server(self) -> Path:
        return self.system / "server"

    @property
    def assets(self) -> Path:
        return self.system / "assets"

    @property
    def ci(self) -> Path:
        return self.system / "ci"

    @property
    def secrets(self) -> Path:
        return self.system / "secrets"

    @property
    def workarea(self) -> Path:
        """The default workarea."""
        return self.folder / "workspaces"


def create(
    path: Path,
    *,
    port: int = DEFAULT_PORT,
    prepare: Callable[[Project], None] = lambda project: None,
) -> Project:
    """Make the folders of a new project, let `prepare` fill them, and mark it last.

    `path` must not exist, or be an empty folder. Nothing remains after a failure; what a kill
    leaves is not marked, and so is no project.
    Raises PathExists, NestedProject, NotWritable, InvalidName.
    """
    path = path.absolute()
    if not _NAME.fullmatch(path.name):
        raise InvalidName(path.name, "a project's name is letters, digits, space, . _ -")
    outer = _marked(path.parent)
    if outer is not None:
        raise NestedProject(str(path), str(outer))
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise PathExists(str(path))
    existed = path.exists()
    project = Project(path, path.name, port=port)
    try:
        for folder in (project.server, project.assets, project.ci, project.workarea):
            folder.mkdir(parents=True)
        project.secrets.mkdir(mode=0o700)
        project.server.chmod(0o700)  # it holds the users' password hashes
        prepare(project)
        save(project)
    except BaseException as fault:
        import shutil  # slow to import, and most commands only read

        shutil.rmtree(path, ignore_errors=True)
        if existed:
            path.mkdir()
        if isinstance(fault, OSError):
            raise NotWritable(str(path), fault.strerror or str(fault)) from fault
        raise
    return project


def find(start: Path) -> Project:
    """The project that `start` lies in. Raises NoProject, InvalidFile."""
    folder = _marked(start.absolute())
    if folder is None:
        raise NoProject(str(start))
    return load(folder)


def load(folder: Path) -> Project:
    """The project marked at `folder`. Raises InvalidFile where its mark is damaged."""
    mark = folder / MARK
    values = toml.read(mark)
    if toml.text(values, "format", mark, FORMAT) != FORMAT:
        raise InvalidFile(str(mark), f"its format is {values['format']!r}, not {FORMAT}")
    port = values.get("port", DEFAULT_PORT)
    if not isinstance(port, int) or not 0 < port < 65536:
        raise InvalidFile(str(mark), "`port` must be a number from 1 to 65535")
    return Project(
        folder=folder,
        name=toml.text(values, "name", mark, folder.name),
        host=toml.text(values, "host", mark, "localhost"),
        port=port,
        index=IndexName.parse(toml.text(values, "index", mark, str(DEFAULT_INDEX))),
        pipeline=toml.texts(values, "pipeline", mark),
        ledger=toml.text(values, "ledger", mark, ""),
        platforms=known_platforms(toml.texts(values, "platforms", mark), mark),
    )


def save(project: Project) -> None:
    """Write the project's mark."""
    toml.write(
        project.folder / MARK,
        {
            "format": FORMAT,
            "name": project.name,
            "host": project.host,
            "port": project.port,
            "index": str(project.index),
            "pipeline": list(project.pipeline),
            **({"ledger": project.ledger} if project.ledger else {}),
            **({"platforms": list(project.platforms)} if project.platforms else {}),
        },
        comment="A pipl project. Change it with `pipl proj …`.",
    )


def with_port(project: Project, port: int) -> Project:
    """The project with its server at another port, remembered in its mark."""
    moved = dataclasses.replace(project, port=port)
    save(moved)
    return moved


def with_pipeline(project: Project, pipeline: tuple[str, ...]) -> Project:
    """The project with other pipeline packls, remembered in its mark."""
    changed = dataclasses.replace(project, pipeline=pipeline)
    save(changed)
    return changed


def with_platforms(project: Project, platforms: tuple[str, ...]) -> Project:
    """The project with other platforms to lock for, remembered in its mark."""
    changed = dataclasses.replace(project, platforms=platforms)
    save(changed)
    return changed


def pipeline_of(project: Project) -> tuple[str, ...]:
    """The pipeline packls as the project's mark has them now; where it is damaged, as before."""
    try:
        return load(project.folder).pipeline
    except InvalidFile:
        return project.pipeline


def known_platforms(names: tuple[str, ...], mark: Path) -> tuple[str, ...]:
    """Names of platforms as the file `mark` has them. Raises InvalidFile for others."""
    unknown = [name for name in names if name not in PLATFORMS]
    if unknown:
        known = ", ".join(PLATFORMS)
        raise InvalidFile(str(mark), f"`platforms` names {unknown[0]!r}; there are {known}")
    return tuple(name for name in PLATFORMS if name in names)


def _marked(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return folder
    return None
