"""The lookup that the documented functions use: set up by the environment, or by `set_paths`.

    PATH_PARTOUT_CONF_FOLDERS       configuration folders, separated by `;`
    PATH_PARTOUT_ROOTS              what {{root:Label}} stands for: Label1=Path1&Label2=Path2
    PATHPARTOUT_ENABLE_CONF_CACHE   `true` or not set: files that have not changed are not read
                                    again; any other value: files are read each time

The document's cache is off unless asked for and never sees changes; this one sees them, so it is
on (issue 4).
"""

from __future__ import annotations

import contextlib
import os
from typing import Dict, Iterator, Mapping, Optional, Sequence, Tuple

from pipl_pipe.errors import InvalidRoots
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.files import DiskFiles, Files
from pipl_pipe.path.notations.partout.lookup import Lookup

FOLDERS = "PATH_PARTOUT_CONF_FOLDERS"
ROOTS = "PATH_PARTOUT_ROOTS"
CACHE = "PATHPARTOUT_ENABLE_CONF_CACHE"

_Settings = Tuple[Tuple[str, ...], str, str]
_made: Dict[_Settings, Lookup] = {}
_folders: Optional[Tuple[str, ...]] = None
_replaced: Optional[Lookup] = None


def lookup() -> Lookup:
    """The one for the environment as it is now. Raises InvalidRoots."""
    if _replaced:
        return _replaced
    environ = os.environ
    folders = folders_of(environ) if _folders is None else _folders
    settings = (folders, environ.get(ROOTS, ""), environ.get(CACHE, "true"))
    if settings not in _made:
        _made.clear()
        _made[settings] = from_environment(environ, folders)
    return _made[settings]


def set_folders(folders: Optional[Sequence[str]]) -> None:
    """The configuration folders, in place of the environment's; None for those again."""
    global _folders
    _folders = None if folders is None else tuple(map(str, folders))


def from_environment(
    environ: Mapping[str, str],
    folders: Optional[Tuple[str, ...]] = None,
    files: Optional[Files] = None,
) -> Lookup:
    """A lookup of its own. Raises InvalidRoots."""
    return Lookup(
        files or DiskFiles(),
        folders_of(environ) if folders is None else folders,
        roots_of(environ),
        keep=environ.get(CACHE, "true") == "true",
    )


def folders_of(environ: Mapping[str, str]) -> Tuple[str, ...]:
    return tuple(one.strip() for one in environ.get(FOLDERS, "").split(";") if one.strip())


def roots_of(environ: Mapping[str, str]) -> Dict[str, str]:
    """Label to folder. Raises InvalidRoots."""
    text = environ.get(ROOTS, "")
    roots: Dict[str, str] = {}
    for entry in filter(None, text.split("&")):
        label, equals, folder = entry.partition("=")
        label, folder = label.strip(), folder.strip()
        if not (label and equals):
            raise InvalidRoots(text, f"{entry!r} is not label=folder")
        if not DiskPath.parse(folder).volume:
            raise InvalidRoots(text, f"{folder!r} of {label!r} is not a full path")
        if label in roots:
            raise InvalidRoots(text, f"{label!r} stands there twice")
        roots[label] = folder
    return roots


@contextlib.contextmanager
def replaced(by: Lookup) -> Iterator[None]:
    """Within the block the documented functions use this lookup (for tests)."""
    global _replaced
    before, _replaced = _replaced, by
    try:
        yield
    finally:
        _replaced = before
