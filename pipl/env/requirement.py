"""Requirement texts on their way to an installer, where a stray line would be an option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipl.env.lock import Lock
from pipl.errors import InvalidRequirement


def checked(texts: Iterable[str]) -> list[str]:
    """PEP 508 requirements as single lines. Raises InvalidRequirement."""
    from packaging import requirements  # slow to import, and syncing needs none

    lines = []
    for text in texts:
        try:
            lines.append(str(requirements.Requirement(text)))
        except requirements.InvalidRequirement as fault:
            raise InvalidRequirement(text, str(fault).splitlines()[0]) from fault
    return lines


def editable(folder: Path, extras: Sequence[str]) -> str:
    """The line that asks for a folder to be installed in place."""
    listed = f"[{','.join(extras)}]" if extras else ""
    return f"-e {folder.absolute().as_uri()}{listed}"


def pins(lock: Lock) -> list[str]:
    """Constraints that keep every version of a lock."""
    return [f"{name}=={version}" for name, version in lock.versions.items()]


def write(path: Path, lines: Iterable[str]) -> Path:
    """A requirements file."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
