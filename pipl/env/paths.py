"""How a lock writes folders: relative to the workspace where they are in it."""

from __future__ import annotations

from pathlib import Path


def below(path: Path, root: Path) -> str:
    """`path` relative to `root` where it is below it, else as it is; with forward slashes."""
    for base in (root.absolute(), root.resolve()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.as_posix()
