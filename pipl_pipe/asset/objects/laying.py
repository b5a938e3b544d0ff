"""Laying one asset out as files: cloned, linked or copied, whichever comes first and works."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Dict, Sequence, Set

from pipl_pipe.asset.disk import files
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference

REFLINK, HARDLINK, SYMLINK, COPY = "reflink", "hardlink", "symlink", "copy"
WAYS = (REFLINK, HARDLINK, SYMLINK, COPY)
DEFAULT_WAYS = (REFLINK, HARDLINK, COPY)
PRIVATE_WAYS = (REFLINK, COPY)
"""Ways that give a file of one's own."""
_SOME = 256


def lay(
    objects: Objects,
    reference: Reference,
    aside: Path,
    *,
    asset: str,
    ways: Sequence[str],
    progress: Progress = SILENT,
) -> None:
    """Make `aside` (where nothing is) show an asset, read-only.

    `asset` names it in messages. A hardlink or symlink shows an object's own mode, so programs
    are cloned or copied. Raises AssetMissing, AssetDamaged where a size does not fit.
    """
    placer = _Placer(ways)
    if reference.shape == "file":
        progress.expect(reference.size, 1)
        source = objects.present(reference.digest, size=reference.size, asset=asset)
        placer.place(source, str(aside), files.READ_ONLY)
        progress.advance(reference.size, 1)
        return
    entries = objects.manifest(reference, asset=asset).entries
    progress.expect(reference.size, len(entries))
    made = {""}
    aside.mkdir()
    for at in range(0, len(entries), _SOME):
        some = entries[at : at + _SOME]
        for path, size, mode, digest in some:
            _folder(aside, path.rpartition("/")[0], made)
            source = objects.present(digest, size=size, asset=asset, path=path)
            kept = files.READ_ONLY_PROGRAM if mode == 0o755 else files.READ_ONLY
            placer.place(source, f"{aside}{os.sep}{path}", kept)
        progress.advance(sum(one.size for one in some), len(some))


def _folder(aside: Path, name: str, made: Set[str]) -> None:
    """Make a folder, and those above it, once."""
    if name not in made:
        _folder(aside, name.rpartition("/")[0], made)
        (aside / name).mkdir()
        made.add(name)


class _Placer:
    """Places files in the first of the ways that works between these two places."""

    def __init__(self, ways: Sequence[str]) -> None:
        self._ways = [way for way in ways if way != COPY]

    def place(self, source: str, destination: str, mode: int) -> None:
        """`destination` must not exist."""
        for way in tuple(self._ways):
            if way != REFLINK and mode != files.READ_ONLY:
                continue
            try:
                if _PLACE[way](source, destination, mode):
                    return
            except files.TooManyLinks:
                continue  # black frames have many; the next file may still be linked
            self._ways.remove(way)
        with files.open_regular(source) as file:
            files.copied(file, Path(destination), mode=mode)


def _cloned(source: str, destination: str, mode: int) -> bool:
    return files.cloned(Path(source), Path(destination), mode=mode)


def _hardlinked(source: str, destination: str, mode: int) -> bool:
    return files.linked(source, destination)


def _symlinked(source: str, destination: str, mode: int) -> bool:
    try:
        os.symlink(source, destination)
    except (OSError, NotImplementedError):  # Windows allows it to some only
        return False
    return True


_PLACE: Dict[str, Callable[[str, str, int], bool]] = {
    REFLINK: _cloned,
    HARDLINK: _hardlinked,
    SYMLINK: _symlinked,
}
