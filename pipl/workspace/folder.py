"""The workspace folder: the `.workspace` mark, what it requires, and where its parts are."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipl import machine, toml
from pipl.env.environment import Environment
from pipl.errors.usage import InvalidFile, InvalidName, NotWritable, NoWorkspace, PathExists
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.workspace import area
from pipl.workspace.area import Workarea

if TYPE_CHECKING:
    from pipl.workspace.registered import Registered

MARK = ".workspace"
ENVIRONMENT = ".VENV"
LOCK = "pylock.toml"
ASSETS = "assets"
EXTRAS = ("edit", "test")
"""Of edited packls, installed unless a workspace says otherwise."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


@dataclass(frozen=True)
class Workspace:
    """A workspace as its mark says.

    `requirements` are PEP 508 texts, besides those of the packls being edited; `extras` are
    the extras of the edited packls that are installed here; `opened` is the release that the
    workspace was opened from (`name==version`), if it was; `overlay` names the production that
    it is laid over: such a release, or another workspace's folder. `prefer` names the packl that
    sets a variable where the env sets of several would.
    """

    folder: Path
    binding: Binding
    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = EXTRAS
    python: str | None = None
    opened: str | None = None
    overlay: str | None = None
    prefer: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def environment(self) -> Environment:
        return Environment(self.folder / ENVIRONMENT)

    @property
    def lock_path(self) -> Path:
        return self.folder / LOCK

    @property
    def assets(self) -> Path:
        return self.folder / ASSETS

    @property
    def edited(self) -> tuple[Path, ...]:
        """The folders of the packls being edited: those right below that hold a pyproject.toml."""
        return tuple(sorted(path.parent for path in self.folder.glob("*/pyproject.toml")))


def create(workarea: Workarea, name: str, *, python: str | None = None) -> Workspace:
    """Make an empty workspace and note it with its project, where that is seen.

    Raises InvalidName, PathExists, NotWritable.
    """
    if not _NAME.fullmatch(name):
        raise InvalidName(name, "a workspace is named by up to 100 letters, digits and . _ + -")
    folder = workarea.folder / name
    workspace = Workspace(folder, workarea.binding, python=python)
    try:
        workarea.folder.mkdir(parents=True, exist_ok=True)
        folder.mkdir()  # whoever comes second at the same moment removes nothing
    except FileExistsError:
        raise PathExists(str(folder)) from None
    except OSError as fault:
        raise NotWritable(str(folder), fault.strerror or str(fault)) from fault
    try:
        save(workspace)
        note(workspace)
    except BaseException as fault:
        delete(workspace)
        if isinstance(fault, OSError):
            raise NotWritable(str(folder), fault.strerror or str(fault)) from fault
        raise
    return workspace


def note(workspace: Workspace) -> None:
    """Let the project know of the workspace, so that what it locks is kept."""
    if workspace.binding.folder is not None:
        from pipl.workspace import registered  # slow to import, and most commands only look

        registered.note(workspace.binding.folder, workspace.folder)


def find(start: Path) -> Workspace:
    """The workspace that `start` lies in. Raises NoWorkspace, InvalidFile."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return load(folder)
    raise NoWorkspace(str(start))


def state(noted: Registered) -> str:
    """What this machine can say of a workspace that a project knows of."""
    try:
        if (noted.folder / MARK).is_file():
            return "there"
    except OSError as fault:
        return fault.strerror or str(fault)
    return "gone" if noted.host == machine.name() else "not seen from this machine"


def in_area(workarea: Workarea) -> tuple[tuple[Workspace, ...], tuple[InvalidFile, ...]]:
    """The workspaces right below a workarea, by name, and what is wrong with the other marks."""
    found: list[Workspace] = []
    damaged: list[InvalidFile] = []
    for mark in sorted(workarea.folder.glob(f"*/{MARK}")):
        try:
            found.append(load(mark.parent))
        except InvalidFile as fault:
            damaged.append(fault)
    return tuple(found), tuple(damaged)


def load(folder: Path) -> Workspace:
    """The workspace marked at `folder`, bound as its mark or else its workarea says."""
    mark = folder / MARK
    values = toml.read(mark)
    binding = area.find(folder).binding
    index = IndexName.parse(toml.text(values, "index", mark, str(binding.index)))
    return Workspace(
        folder=folder,
        binding=dataclasses.replace(binding, index=index),
        requirements=toml.texts(values, "requirements", mark),
        extras=toml.texts(values, "extras", mark),
        python=toml.text(values, "python", mark, "") or None,
        opened=toml.text(values, "opened", mark, "") or None,
        overlay=toml.text(values, "overlay", mark, "") or None,
        prefer=_preferred(values, mark),
    )


def _preferred(values: Mapping[str, object], mark: Path) -> Mapping[str, str]:
    """The table `prefer` of `[env]`. Raises InvalidFile."""
    env = values.get("env", {})
    prefer = env.get("prefer", {}) if isinstance(env, dict) else None
    if not isinstance(prefer, dict) or not all(isinstance(one, str) for one in prefer.values()):
        raise InvalidFile(str(mark), "`env.prefer` must be a table of variables and packls")
    return prefer


def save(workspace: Workspace) -> None:
    """Write the workspace's mark."""
    toml.write(
        workspace.folder / MARK,
        {
            "format": "pipl-workspace/1",
            "index": str(workspace.binding.index),
            "python": workspace.python,
            "requirements": list(workspace.requirements),
            "extras": list(workspace.extras),
            "opened": workspace.opened,
            "overlay": workspace.overlay,
            "env": {"prefer": dict(workspace.prefer)} if workspace.prefer else None,
        },
        comment="A pipl workspace. Change it with `pipl work …`.",
    )


def delete(workspace: Workspace) -> None:
    """Remove the workspace with everything in it (read-only assets too)."""
    import shutil

    for path in workspace.assets.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(workspace.folder)
    from pipl.workspace import registered

    registered.forget_if_noted(workspace.binding.folder, workspace.folder)
