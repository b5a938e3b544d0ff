"""Applications that are installed outside of packages, such as below /opt or C:\\Program Files."""

from __future__ import annotations

import glob
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, Mapping, Optional, Sequence, Tuple

from pipl_pipe.variables import NAMES

Probe = Callable[[Path, str], bool]
"""Whether the application in this folder is of this version."""
_PARTS = ("major", "minor", "patch")


def platform() -> str:
    """The running system as env sets name it: "linux", "windows" or "macos"."""
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")


@dataclass(frozen=True)
class Installation:
    """Where an application may be installed, of the version that its packl has.

    `folders` are patterns per platform ("linux", "windows", "macos"), tried in their order:
    `{version}`, `{major}`, `{minor}` and `{patch}` come from the packl's version, `*` and `?`
    stand for anything, and the newest of several is taken. A folder that the user names in
    `variable` goes first. `probe` says whether what is in a folder is the application in this
    version; without it every folder counts.
    """

    name: str
    folders: Mapping[str, Sequence[str]]
    variable: str
    probe: Optional[Probe] = None

    def find(
        self, version: str, environ: Mapping[str, str], system: str
    ) -> Tuple[Optional[Path], Tuple[str, ...]]:
        """The application's folder (None: there is none), and where it was looked for.

        Whatever the probe raises passes through.
        """
        looked: List[str] = []
        for place, folders in self._candidates(version, environ, system):
            looked.append(place)
            for folder in folders:
                if folder.is_dir() and (self.probe is None or self.probe(folder, version)):
                    return folder, tuple(looked)
        return None, tuple(looked)

    def _candidates(
        self, version: str, environ: Mapping[str, str], system: str
    ) -> Iterator[Tuple[str, List[Path]]]:
        given = environ.get(self.variable)
        # that of another workspace, which is active in this shell, says nothing of this one
        if given and self.variable not in environ.get(NAMES, "").split():
            yield f"{self.variable}={given}", [Path(given)]
        for pattern in self.folders.get(system, ()):
            filled = _filled(pattern, version)
            found = glob.glob(os.path.expanduser(filled))  # noqa: PTH111, PTH207  # an absolute pattern
            yield filled, [Path(one) for one in sorted(found, key=_natural, reverse=True)]


def _filled(pattern: str, version: str) -> str:
    """A pattern with the version in it; a part that the version lacks may be anything."""
    numbers = re.findall(r"\d+", version.partition("+")[0])
    parts = dict.fromkeys(_PARTS, "*")
    parts.update(zip(_PARTS, numbers))
    for name, text in {"version": version, **parts}.items():
        pattern = pattern.replace(f"{{{name}}}", text)
    return pattern


def _natural(text: str) -> List[Tuple[int, str]]:
    """Sorts 10 after 9."""
    return [(int(one), "") if one.isdigit() else (0, one) for one in re.split(r"(\d+)", text)]
