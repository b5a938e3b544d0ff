"""Packls being edited in a workspace: created there, given dependencies, installed as they are."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipl import durable
from pipl.env.install import Installer
from pipl.packl import create as creation
from pipl.packl.create import Author
from pipl.progress import SILENT, Progress
from pipl.workspace import locking
from pipl.workspace.changes import changes_between
from pipl.workspace.folder import Workspace
from pipl.workspace.locking import LockChange
from pipl.workspace.materialise import ask_pipe
from pipl.workspace.place import Place
from pipl_pipe import packl
from pipl_pipe.packl import Note


@dataclass(frozen=True)
class Desk:
    """A workspace together with what is needed to install into it."""

    workspace: Workspace
    place: Place
    installer: Installer

    def settle(self, progress: Progress) -> LockChange:
        """Lock and sync what is edited now."""
        locking.lock(self.workspace, self.installer, progress=progress)
        return locking.sync(self.workspace, self.installer, self.place, progress=progress)


def create(
    desk: Desk,
    name: str,
    *,
    template: str,
    task_type: str,
    author: Author,
    note: Note,
    progress: Progress = SILENT,
) -> Path:
    """Make the packl `name` in the workspace and install it for editing.

    With `task_type`, the framework installed in the workspace turns it into such a task; the
    packl that declares the type must be installed there. Nothing remains after a failure.
    Raises InvalidName, UnknownTemplate, PathExists, FrameworkError, Unresolvable.
    """
    lock_before = _bytes(desk.workspace.lock_path)
    progress.phase(f"creating {name} from the template {template}")
    made = creation.create(
        desk.workspace.folder, name, template=template, author=author, task_type=task_type
    )
    try:
        if task_type:
            arguments = ["create-task", str(made), task_type, "--why", note.why]
            ask_pipe(desk.place.environment, arguments, desk.place.environ)
        desk.settle(progress)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        _restore(desk.workspace.lock_path, lock_before)
        raise
    return made


def add_dependency(
    desk: Desk,
    folder: Path,
    requirement: str,
    *,
    extra: str | None,
    note: Note,
    progress: Progress = SILENT,
) -> LockChange:
    """Add a dependency to an edited packl and install it.

    Where it cannot be resolved, the packl and the lock stay as they were.
    Raises InvalidPackl, Unresolvable.
    """
    pyproject = folder / "pyproject.toml"
    before = _bytes(pyproject)
    lock_before = locking.read_lock(desk.workspace)
    packl.add_dependency(folder, requirement, note, extra=extra)
    try:
        changed = desk.settle(progress)
    except BaseException:
        _restore(pyproject, before)
        if lock_before is not None:
            lock_before.write(desk.workspace.lock_path)
        raise
    changes = changes_between(lock_before, changed.lock)
    return LockChange(changed.workspace, changed.lock, changes)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        durable.write_bytes(path, content)
