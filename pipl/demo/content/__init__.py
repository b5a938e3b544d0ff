"""What the people of the demo write: laid over packls that come from the templates.

One folder per packl, in which every file ends in `.tmpl` so that no tool takes it for code of
ours; apart from that ending, files are laid as they are. `<packl>-<variant>` holds what a
later version changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipl import durable

if TYPE_CHECKING:  # where it is at runtime differs from 3.10 to 3.14
    from importlib.abc import Traversable

SUFFIX = ".tmpl"
_RANGES = re.compile(r"x (\S+?)\.\.(\S+) y (\S+?)\.\.(\S+) z (\S+?)\.\.(\S+)")


def lay(name: str, packl: Path, variant: str | None = None) -> tuple[Path, ...]:
    """Write the content of the demo's packl `name` over the folder `packl`.

    With a variant, only what it changes, such as "1.1.0" of "hero_model". Files that the
    content does not name stay as they are. Returns what was written, sorted.
    """
    folder = name if variant is None else f"{name}-{variant}"
    written = []
    for path, text in sorted(_texts(files(__name__) / folder, PurePosixPath())):
        target = packl / path
        target.parent.mkdir(parents=True, exist_ok=True)
        durable.write_text(target, text)
        written.append(target)
    return tuple(written)


def scene_of(packl: Path) -> Path:
    """The scene file of a shot's layout task, which travels inside its package."""
    return packl / packl.name / "scene.usda"


def read_bounds(printed: str) -> tuple[float, ...]:
    """(min x, y, z, max x, y, z) from what a `bounds` command prints.

    Raises ValueError where there are none.
    """
    found = _RANGES.search(printed)
    if found is None:
        raise ValueError("no bounds were printed")
    numbers = [float(number) for number in found.groups()]
    return (*numbers[0::2], *numbers[1::2])


def _texts(folder: Traversable, above: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for child in folder.iterdir():
        if child.is_dir():
            yield from _texts(child, above / child.name)
        elif child.name.endswith(SUFFIX):
            yield above / child.name[: -len(SUFFIX)], child.read_text(encoding="utf-8")
