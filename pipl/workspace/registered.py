"""Workspaces that a project knows of: what their locks hold is kept in its asset store.

One small JSON file each below `<project>/system/workspaces/`, so that many may be noted at
once. Noted are workspaces that are made or synced where the project's folder is seen; one that
is bound by URL, such as at home, cannot be.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pipl import durable, machine
from pipl.errors.base import DiskFull
from pipl.errors.usage import InvalidFile, NotRegistered, NotWritable

FORMAT = "pipl-registered/1"
FOLDER = "system/workspaces"
MAX_BYTES = 100_000


@dataclass(frozen=True)
class Registered:
    """A workspace's folder as its own machine (`host`) sees it, and whose it is."""

    folder: Path
    user: str
    host: str


def note(project: Path, workspace: Path) -> bool:
    """Remember a workspace with the project; whether that could be written.

    A project that this user may only read stays as it is.
    """
    path = _path(project, workspace)
    if path.exists():
        return True
    one = {"folder": str(workspace), "user": _owner(workspace), "host": machine.name()}
    try:
        path.parent.mkdir(exist_ok=True)
        durable.write_text(path, json.dumps({"format": FORMAT, **one}, indent=1) + "\n")
    except (OSError, DiskFull):
        return False
    return True


def forget(project: Path, workspace: Path) -> None:
    """Raises NotRegistered, NotWritable."""
    path = _path(project, workspace)
    try:
        path.unlink()
    except FileNotFoundError:
        raise NotRegistered(str(workspace), str(project)) from None
    except OSError as fault:
        raise NotWritable(str(path), fault.strerror or str(fault)) from fault


def forget_if_noted(project: Path | None, workspace: Path) -> None:
    """For a workspace that is deleted: nothing is said where it was not noted."""
    if project is not None:
        with contextlib.suppress(NotWritable, NotRegistered):
            forget(project, workspace)


def all_of(project: Path) -> tuple[tuple[Registered, ...], tuple[InvalidFile, ...]]:
    """The workspaces noted, by folder, and the notes that cannot be read."""
    found: list[Registered] = []
    damaged: list[InvalidFile] = []
    for path in sorted((project / FOLDER).glob("*.json")):
        try:
            found.append(_read(path))
        except FileNotFoundError:
            continue  # forgotten meanwhile
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
            damaged.append(InvalidFile(str(path), f"{type(fault).__name__}: {fault}"))
    return tuple(sorted(found, key=lambda one: str(one.folder))), tuple(damaged)


def _read(path: Path) -> Registered:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    values = json.loads(content)
    if values["format"] != FORMAT:
        raise ValueError(f"its format is {values['format']!r}, not {FORMAT}")
    texts = [values[key] for key in ("folder", "user", "host")]
    if not all(isinstance(text, str) for text in texts) or not Path(texts[0]).is_absolute():
        raise ValueError("folder, user and host must be texts, the folder absolute")
    return Registered(Path(texts[0]), texts[1], texts[2])


def _path(project: Path, workspace: Path) -> Path:
    name = hashlib.sha256(str(workspace).encode("utf-8", errors="surrogateescape")).hexdigest()
    return project / FOLDER / f"{name[:32]}.json"


def _owner(folder: Path) -> str:
    try:
        return folder.owner()
    except (OSError, KeyError, NotImplementedError):
        return ""
