"""Where pipl and the framework cache on this machine, by the conventions of its platform."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Mapping

VARIABLE = "PIPL_CACHE_DIR"
"""Overrides the user's cache folder of pipl."""


def folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The user's cache folder of pipl; everything in it may be lost."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    home = Path.home()
    if platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "pipl"
