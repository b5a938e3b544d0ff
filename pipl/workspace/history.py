"""Every lock that a workspace had, with what it required then; the newest KEPT of them.

One small JSON file each in `WORKSPACE/.history`, numbered; its time is when it was written.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from pipl import durable
from pipl.env.lock import Lock
from pipl.errors.env import NoSuchLock
from pipl.errors.usage import InvalidFile
from pipl.workspace.folder import Workspace

FOLDER = ".history"
FORMAT = "pipl-lock-history/1"
KEPT = 200
MAX_BYTES = 20_000_000


@dataclass(frozen=True)
class Entry:
    """A lock of the past, as text; `at` is in seconds since the epoch.

    `restored` is the number of the older one that a rollback took it from.
    """

    number: int
    at: float
    why: str
    requirements: tuple[str, ...]
    extras: tuple[str, ...]
    text: str
    restored: int | None = None

    @property
    def lock(self) -> Lock:
        """Raises InvalidLock."""
        return Lock.parse(self.text, source=f"number {self.number} of the history")


def note(workspace: Workspace, why: str, *, restored: int | None = None) -> None:
    """Keep the lock that the workspace has now, where the newest kept one is another.

    Call it while nobody else changes the workspace. Raises DiskFull.
    """
    text = workspace.lock_path.read_text(encoding="utf-8")
    numbers = _numbers(workspace)
    if numbers:
        with contextlib.suppress(InvalidFile):
            newest = _read(workspace, numbers[-1])
            if newest is not None and _state(newest) == (
                text,
                workspace.requirements,
                workspace.extras,
            ):
                return
    number = numbers[-1] + 1 if numbers else 1
    document = {
        "format": FORMAT,
        "why": why,
        "requirements": list(workspace.requirements),
        "extras": list(workspace.extras),
        "restored": restored,
        "lock": text,
    }
    path = _path(workspace, number)
    path.parent.mkdir(exist_ok=True)
    durable.write_text(path, json.dumps(document, indent=1) + "\n")
    for old in numbers[: -KEPT + 1]:
        _path(workspace, old).unlink(missing_ok=True)


def entries(workspace: Workspace) -> tuple[Entry, ...]:
    """Oldest first. Raises InvalidFile."""
    found = (_read(workspace, number) for number in _numbers(workspace))
    return tuple(entry for entry in found if entry is not None)


def before_last(workspace: Workspace) -> Entry:
    """What a rollback goes back to: the one before the newest, or before what that restored.

    Raises NoSuchLock, InvalidFile.
    """
    kept = entries(workspace)
    if kept:
        here = kept[-1].restored or kept[-1].number
        older = [entry for entry in kept if entry.number < here]
        if older:
            return older[-1]
    raise NoSuchLock(str(workspace.folder), "an earlier one")


def entry(workspace: Workspace, number: int) -> Entry:
    """Raises NoSuchLock, InvalidFile."""
    found = _read(workspace, number)
    if found is None:
        raise NoSuchLock(str(workspace.folder), f"number {number}")
    return found


def as_it_was(workspace: Workspace, entry: Entry) -> Workspace:
    """The workspace with what it required then."""
    return dataclasses.replace(workspace, requirements=entry.requirements, extras=entry.extras)


def _state(entry: Entry) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return entry.text, entry.requirements, entry.extras


def _path(workspace: Workspace, number: int) -> Path:
    return workspace.folder / FOLDER / f"{number:06}.json"


def _numbers(workspace: Workspace) -> list[int]:
    found = (workspace.folder / FOLDER).glob("*.json")
    return sorted(int(path.stem) for path in found if path.stem.isdecimal())


def _read(workspace: Workspace, number: int) -> Entry | None:
    path = _path(workspace, number)
    try:
        status = path.stat()
        if status.st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES} bytes")
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"its format is {values['format']!r}, not {FORMAT}")
        return Entry(
            number=number,
            at=status.st_mtime,
            why=str(values["why"]),
            requirements=tuple(map(str, values["requirements"])),
            extras=tuple(map(str, values["extras"])),
            text=str(values["lock"]),
            restored=None if values["restored"] is None else int(values["restored"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise InvalidFile(str(path), f"{type(fault).__name__}: {fault}") from fault
