"""Paths of every system, as texts: the volume and the names below it.

A path means the same on every machine: `P:\\a\\b` is read on Linux and `/mnt/a` on Windows, so
nothing here asks the running system (issue 4; the seed document shows both).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Tuple

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class DiskPath:
    """A file or folder: `volume` is `P:` (always upper case), `/`, or `//` of a network share,
    empty where the text is no full path."""

    volume: str
    names: Tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> DiskPath:
        """Either slash separates names, on every volume."""
        text = text.replace("\\", "/")
        volume, rest = "", text
        if _DRIVE.match(text):
            volume, rest = text[:2].upper(), text[2:]
        elif text.startswith("//"):
            volume = "//"
        elif text.startswith("/"):
            volume = "/"
        return cls(volume, tuple(name for name in rest.split("/") if name not in ("", ".")))

    @property
    def parent(self) -> DiskPath:
        """The folder that it is in; itself at the top of a volume."""
        return DiskPath(self.volume, self.names[:-1])

    @property
    def key(self) -> str:
        """One text for however the path was written; what the templates of labels read."""
        return start_of(self.volume) + "".join("/" + name for name in self.names)

    @property
    def posix(self) -> str:
        """As it may be written on every system: `P:/a/b`, `//server/a`, `/mnt/a`."""
        return self.key or "/" if self.names or self.volume == "/" else f"{self.key}/"

    def is_in(self, folder: DiskPath) -> bool:
        """Whether it is the folder or anything below it. Names differ by case, drives do not."""
        names = folder.names
        return self.volume == folder.volume and self.names[: len(names)] == names

    def native(self, system: str) -> Optional[str]:
        """The path for system calls of `system` (as `os.name` says); None if it has no such."""
        if system == "nt":
            return str(self) if self.volume not in ("", "/") else None
        return str(self) if self.volume == "/" else None

    def __truediv__(self, name: str) -> DiskPath:
        return DiskPath(self.volume, (*self.names, name))

    def __str__(self) -> str:
        """As its own system writes it: `P:\\a\\b`, `\\\\server\\a`, `/mnt/a`."""
        if self.volume == "//":
            return "\\\\" + "\\".join(self.names)
        if self.volume in ("", "/"):
            return self.volume + "/".join(self.names)
        return "\\".join((self.volume, *self.names)) if self.names else f"{self.volume}\\"


def start_of(volume: str) -> str:
    """How the `key` of a path on this volume begins, before the first `/`."""
    return {"/": "", "//": "/"}.get(volume, volume)
