"""A virtual environment as a place: its layout, its Python, and the variables of what runs in it.

Making one is the concern of `pipl.env.venv`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl.env.interpreter import Interpreter

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True)
class Environment:
    """A virtual environment at `folder`, whether or not it exists yet."""

    folder: Path

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def site_packages(self) -> Path:
        """Where packages are installed (a path without meaning before it exists)."""
        if sys.platform == "win32":
            return self.folder / "Lib" / "site-packages"
        found = sorted(self.folder.glob("lib/python*/site-packages"))
        return found[0] if found else self.folder / "lib" / "site-packages"

    @property
    def interpreter(self) -> Interpreter | None:
        """The Python below it, None where there is none or it is not known."""
        try:
            text = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        said = dict(re.findall(r"^(\S+) *= *(.*?) *$", text, re.MULTILINE))
        version = _VERSION.match(said.get("version_info") or said.get("version") or "")
        base = said.get("base-executable")
        if version is None or not base or not Path(base).exists():
            return None
        from packaging.version import Version  # slow to import, and seldom asked for

        return Interpreter(Path(base), Version(version[0]))

    def exists(self) -> bool:
        """Whether it is there and its interpreter still is, for this user."""
        try:
            return (self.folder / "pyvenv.cfg").is_file() and self.python.exists()
        except PermissionError:  # such as an interpreter in another user's home
            return False

    def environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """The variables of a process that runs in it, as its `activate` script sets them."""
        kept = {key: value for key, value in base.items() if key not in _FOREIGN}
        path = base.get("PATH", os.defpath)
        return {
            **kept,
            "VIRTUAL_ENV": str(self.folder),
            "PATH": f"{self.scripts}{os.pathsep}{path}" if path else str(self.scripts),
        }
