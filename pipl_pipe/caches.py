"""Where pipl and the framework cache on this machine, by the conventions of its platform."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Mapping

VARIABLE = "PIPL_CACHE_DIR"
"""Overrides the user's cache folder of pipl."""


def folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The user's cache folder of pipl; everything in it may be lost.

    Where there is no home, as in some containers, it is a place where no folder can be made.
    """
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    named = {"win32": "LOCALAPPDATA", "darwin": ""}.get(platform, "XDG_CACHE_HOME")
    if environ.get(named):
        return Path(environ[named]) / "pipl"
    below = {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(platform, ".cache")
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(os.devnull)
    return home / below / "pipl"
