"""Bumping a packl's version."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from packaging.version import Version

from pipl_pipe import packl
from pipl_pipe.packl import Note

Part = Literal["major", "minor", "patch"]


def bumped(version: str, part: Part) -> str:
    """The next final version: 1.2.3 gives 2.0.0, 1.3.0 or 1.2.4.

    A pre-release of the wanted version becomes that version: 1.3.0rc1 bumped by minor is
    1.3.0, and by patch too.
    """
    parsed = Version(version)
    major, minor, micro = parsed.major, parsed.minor, parsed.micro
    held = parsed.is_prerelease
    epoch = f"{parsed.epoch}!" if parsed.epoch else ""
    if part == "major":
        return epoch + (f"{major}.0.0" if held and minor == micro == 0 else f"{major + 1}.0.0")
    if part == "minor":
        return epoch + (f"{major}.{minor}.0" if held and micro == 0 else f"{major}.{minor + 1}.0")
    return epoch + (f"{major}.{minor}.{micro}" if held else f"{major}.{minor}.{micro + 1}")


def next_post(version: str) -> str:
    """The post-release after a version: 1.2.0 gives 1.2.0.post1, and that 1.2.0.post2 (PEP 440).

    A local part is dropped. Raises InvalidVersion.
    """
    parsed = Version(version)
    number = 0 if parsed.post is None else parsed.post
    stem = parsed.base_version
    if parsed.pre is not None:
        stem += "".join(map(str, parsed.pre))
    return f"{stem}.post{number + 1}"


def bump(folder: Path, part: Part, note: Note) -> tuple[str, str]:
    """Write the next version into the packl; returns (before, after). Raises InvalidPackl."""
    before = packl.read(folder).version
    after = bumped(before, part)
    packl.set_version(folder, after, note)
    return before, after
