"""Requirement texts on their way to an installer, where a stray line would be an option."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipl.env.lock import Lock
from pipl.errors.env import InvalidRequirement

_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def plain_name(text: str) -> str | None:
    """The name that a requirement (PEP 508) consists of; None where there is more to it.

    Most are no more than that, and reading the others takes a library that is slow to import.
    """
    text = text.strip()
    return text if _PLAIN.fullmatch(text) else None


def checked(texts: Iterable[str]) -> list[str]:
    """PEP 508 requirements as single lines. Raises InvalidRequirement."""
    lines = []
    for text in texts:
        name = plain_name(text)
        if name is not None:
            lines.append(name)
            continue
        from packaging import requirements

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
