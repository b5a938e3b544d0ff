"""Applications that are installed beside packages, such as Maya in /usr/autodesk.

    MAYA = Installation("maya", {"linux": ("/usr/autodesk/maya{major}",)}, variable="MAYA_LOCATION")

A packl of that name and version stands for the application: what depends on it resolves as with
any other packl, and fails clearly on a machine that does not have it.
"""

from __future__ import annotations

import glob
import os
import sys
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Sequence

from pipl_pipe.errors import NotOnThisMachine

Probe = Callable[[str, Mapping[str, str]], Optional[Path]]
"""Given the version and the environment variables, the folder of the application."""


def platform() -> str:
    """`linux`, `macos` or `windows`."""
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")


class Installation:
    """Where an application may be.

    `folders` are glob patterns per platform, tried in order, in which `{version}` stands for the
    packl's version and `{major}` for its first number; the last match by name wins. `variable`
    names an environment variable that says where it is on this machine, before all else. `probe`
    is asked at last.
    """

    def __init__(
        self,
        name: str,
        folders: Mapping[str, Sequence[str]],
        *,
        variable: str = "",
        probe: Optional[Probe] = None,
    ) -> None:
        self.name = name
        self.folders: Dict[str, Sequence[str]] = dict(folders)
        self.variable = variable
        self.probe = probe

    def find(self, version: str, environ: Mapping[str, str]) -> Path:
        """The folder of this version. Raises NotOnThisMachine, which says where it looked."""
        looked: List[str] = []
        given = environ.get(self.variable, "") if self.variable else ""
        if given:
            looked.append(f"{given} (by {self.variable})")
            if os.path.isdir(given):  # noqa: PTH112  # a text from outside
                return Path(given)
        elif self.variable:
            looked.append(f"{self.variable} (not set)")
        for pattern in self.folders.get(platform(), ()):
            filled = pattern.replace("{version}", version)
            filled = filled.replace("{major}", version.partition(".")[0])
            looked.append(filled)
            found = [one for one in glob.glob(os.path.expanduser(filled)) if os.path.isdir(one)]  # noqa: PTH111,PTH112,PTH207
            if found:
                return Path(sorted(found)[-1])
        found_by_probe = self.probe(version, environ) if self.probe else None
        if found_by_probe is not None:
            return found_by_probe
        raise NotOnThisMachine(self.name, version, ", ".join(looked), self.variable or "its probe")
