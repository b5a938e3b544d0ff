"""Names of files that every system can lay out."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Dict, List

MAX_DEPTH = 64
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9_-](?:[a-z0-9_. -]{0,126}[a-z0-9_-])?",
    re.IGNORECASE | re.ASCII,
)
"""What most names are, and nothing is wrong with."""


def basename_problem(basename: Any) -> str:
    """Why a text cannot name a file on every system; empty if it can."""
    if not isinstance(basename, str) or not basename:
        return "it has no basename"
    if basename in (".", "..") or _FORBIDDEN.search(basename):
        return f"the basename {basename[:100]!r} is not a plain file name"
    if basename != basename.strip() or basename.endswith(".") or _DEVICES.fullmatch(basename):
        return f"the basename {basename[:100]!r} is not a file name on Windows"
    try:
        too_long = len(basename.encode("utf-8")) > 255
    except UnicodeEncodeError:
        return f"the basename {basename[:100]!r} is not valid Unicode"
    return "the basename is longer than 255 bytes" if too_long else ""


def path_problem(paths: List[str]) -> str:
    """Why these relative posix paths cannot be one folder's on every system; empty if they can.

    Paths that differ in case or Unicode normalisation only are one path on some systems.
    """
    folders: Dict[str, str] = {}
    files: Dict[str, str] = {}
    for path in paths:
        folder, slash, basename = path.rpartition("/")
        if not _PLAIN.fullmatch(basename):
            problem = basename_problem(basename)
            if problem:
                return f"{path[:100]!r}: {problem}"
        if slash and folders.get(folder) != folder:
            problem = _folder_problem(folder, folders)
            if problem:
                return problem
        known = len(files)
        other = files.setdefault(_folded(path), path)
        if len(files) == known:
            return _clash(path, other)
    both = sorted(files.keys() & {_folded(folder) for folder in folders})
    return f"{files[both[0]]!r} is a file and a folder" if both else ""


def _folder_problem(folder: str, folders: Dict[str, str]) -> str:
    """Check a folder and those above it; `folders` has those checked, and their folded names."""
    parts = folder.split("/")
    if len(parts) >= MAX_DEPTH:
        return f"{folder[:100]!r} is nested deeper than {MAX_DEPTH} folders"
    for end, part in enumerate(parts, start=1):
        problem = basename_problem(part)
        if problem:
            return f"{folder[:100]!r}: {problem}"
        above = "/".join(parts[:end])
        other = folders.setdefault(_folded(above), above)
        if other != above:
            return _clash(above, other)
        folders[above] = above
    return ""


def _clash(path: str, other: str) -> str:
    if path == other:
        return f"{path[:100]!r} is there twice"
    return f"{path[:100]!r} and {other[:100]!r} differ in case or normalisation only"


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
