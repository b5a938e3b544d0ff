"""Folders and files as locks write them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit


def below(path: Path, root: Path) -> str:
    """`path` relative to `root` where it is below it, else as it is; with forward slashes."""
    for base in (root.absolute(), root.resolve()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.as_posix()


def normal(path: Path) -> Path:
    """`path` without `..`, links in it left as they are."""
    return Path(os.path.normpath(path))


def of_uri(url: str) -> Path:
    """The path of a `file:` URL (urllib.request, which has this too, is slow to import)."""
    path = unquote(urlsplit(url).path)
    if sys.platform == "win32" and re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return Path(path)
