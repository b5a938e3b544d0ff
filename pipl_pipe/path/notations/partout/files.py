"""Where configuration files are read from: the disk, or texts."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Protocol, Tuple

from pipl_pipe.path import document
from pipl_pipe.path.document import Node
from pipl_pipe.path.notations.partout.diskpath import DiskPath

SUFFIX = ".conf"
Stamp = Tuple[int, ...]


class Files(Protocol):
    """What finding and reading configurations asks of a file system."""

    def stamp(self, path: DiskPath) -> Optional[Stamp]:
        """Changes when the file's content does; None where there is no file."""

    def read(self, path: DiskPath) -> Node:
        """The file's YAML. Raises InvalidCatalog."""

    def below(self, folder: DiskPath) -> List[DiskPath]:
        """Every `.conf` file in a folder and its subfolders, sorted; none if it is not there."""


class DiskFiles:
    """The files of this machine. What another system's path names is not there."""

    def __init__(self, system: str = os.name) -> None:
        self._system = system

    def stamp(self, path: DiskPath) -> Optional[Stamp]:
        native = path.native(self._system)
        if native is None or "\0" in native:
            return None
        try:
            found = os.stat(native)  # noqa: PTH116  # one call for each folder above a path
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)

    def read(self, path: DiskPath) -> Node:
        return document.read(Path(path.native(self._system) or str(path)))

    def below(self, folder: DiskPath) -> List[DiskPath]:
        native = folder.native(self._system)
        return (
            []
            if native is None
            else sorted(
                (
                    DiskPath.parse(os.path.join(top, name))  # noqa: PTH118
                    for top, _, names in os.walk(native)
                    for name in names
                    if name.endswith(SUFFIX)
                ),
                key=lambda path: path.names,
            )
        )


class TextFiles:
    """Files that are only texts, by their path: for tests, and for files not yet written."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts: Dict[DiskPath, str] = {
            DiskPath.parse(path): text for path, text in texts.items()
        }

    def stamp(self, path: DiskPath) -> Optional[Stamp]:
        return (hash(self._texts[path]),) if path in self._texts else None

    def read(self, path: DiskPath) -> Node:
        return document.parse(self._texts[path], source=str(path))

    def below(self, folder: DiskPath) -> List[DiskPath]:
        inside = (path for path in self._texts if path.is_in(folder))
        return sorted(
            (path for path in inside if path.names[-1].endswith(SUFFIX)),
            key=lambda path: path.names,
        )
