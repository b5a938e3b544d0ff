"""What an environment was made and settled from: while all of it stands, a sync has nothing to do.

Asking an installer and the packls of an environment takes longer than everything else in a sync.
So a digest of what their answers depend on is kept in the environment; whatever changes a part of
that, knowingly or not, makes the next sync look again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipl import __version__, durable
from pipl.workspace.folder import MARK, Workspace

NAME = "pipl-stamp"
"""In the environment's root."""
_FORMAT = "1"
_BUILT_FROM = ("pyproject.toml", "setup.py", "setup.cfg", "src")
"""Of a packl that is edited: an installer looks at these for whether to install it again."""
_PASSING = re.compile(
    "_|COLORTERM|COLUMNS|DISPLAY|LINES|OLDPWD|PWD|R?PROMPT|PS1|SHLVL|STY|TERM|WAYLAND_DISPLAY"
    "|WINDOWID|XDG_VTNR|(DBUS_SESSION|GPG_AGENT|SSH|TERM_PROGRAM|TERM_SESSION|TMUX|XDG_SESSION).*"
)
"""Variables that differ from terminal to terminal, and mean nothing to packls."""


def stands(workspace: Workspace, environ: Mapping[str, str]) -> bool:
    """Whether everything is as it was when the environment was stamped."""
    try:
        kept = (workspace.environment.folder / NAME).read_text(encoding="ascii")
        return kept == _digest(workspace, environ)
    except (OSError, UnicodeDecodeError):
        return False


def put(workspace: Workspace, environ: Mapping[str, str]) -> None:
    """Stamp an environment that holds what is locked, and was settled. Raises DiskFull."""
    path = workspace.environment.folder / NAME
    durable.write_text(path, _digest(workspace, environ))


def _digest(workspace: Workspace, environ: Mapping[str, str]) -> str:
    content = hashlib.sha256()
    for part in _parts(workspace, environ):
        content.update(f"{part}\0".encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def _parts(workspace: Workspace, environ: Mapping[str, str]) -> Iterator[str]:
    yield from (_FORMAT, __version__, str(workspace.folder), repr(workspace.binding))
    for path in (workspace.folder / MARK, workspace.lock_path):
        yield path.read_text(encoding="utf-8")
    yield from _variables(environ)
    environment = workspace.environment
    yield str(_state(environment.python.resolve()))
    for folder in (environment.folder, environment.scripts, environment.site_packages):
        yield from _entries(folder)
    for folder in workspace.edited:
        yield folder.name
        yield from (f"{name} {_state(folder / name)}" for name in _BUILT_FROM)


def _variables(environ: Mapping[str, str]) -> Iterable[str]:
    return (
        f"{key}={value}" for key, value in sorted(environ.items()) if not _PASSING.fullmatch(key)
    )


def _entries(folder: Path) -> list[str]:
    """What is right in a folder, and when it last changed; but for caches of Python, and ours."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in ("__pycache__", NAME):
                status = entry.stat(follow_symlinks=False)
                found.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    return sorted(found)


def _state(path: Path) -> tuple[int, int] | None:
    """The size and the time of a file or folder, None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
