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
from pipl.env.environment import Environment
from pipl.workspace.folder import MARK, Workspace

NAME = "pipl-stamp"
"""In the environment's root."""
_FORMAT = "2"
_BUILT_FROM = ("pyproject.toml", "setup.py", "setup.cfg", "src")
"""Of a packl that is edited: an installer looks at these for whether to install it again."""
_PASSING = re.compile(
    "_|COLORTERM|COLUMNS|DISPLAY|LINES|OLDPWD|PWD|R?PROMPT|PS1|SHLVL|STY|TERM|WAYLAND_DISPLAY"
    "|WINDOWID|XDG_VTNR|(DBUS_SESSION|GPG_AGENT|SSH|TERM_PROGRAM|TERM_SESSION|TMUX|XDG_SESSION).*"
)
"""Variables that differ from terminal to terminal, and mean nothing to packls."""


def packages(workspace: Workspace, environ: Mapping[str, str]) -> int | None:
    """How many the environment holds, where all is as when it was stamped; else None."""
    try:
        digest, count, _ = _kept(workspace)
        if digest == _digest(given(workspace, environ), workspace):
            return int(count)
    except (OSError, ValueError):
        pass
    return None


def is_of_another_lock(workspace: Workspace) -> bool:
    """Whether the environment was surely not made from the lock that is there now."""
    try:
        return _kept(workspace)[2] != _of_lock(workspace)
    except (OSError, ValueError):
        return False


def given(
    workspace: Workspace, environ: Mapping[str, str], around: Iterable[str] | None = None
) -> str:
    """A digest of what an environment is to be made from; `around` is that part as it was before.

    Raises OSError, UnicodeDecodeError.
    """
    texts = [path.read_text(encoding="utf-8") for path in (_mark(workspace), workspace.lock_path)]
    return _sum([*texts, *(around_of(workspace, environ) if around is None else around)])


def around_of(workspace: Workspace, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What an environment is made from besides the workspace's mark and lock."""
    return tuple(_around(workspace, environ))


def put(workspace: Workspace, environ: Mapping[str, str], made_from: str, count: int) -> None:
    """Stamp an environment of so many packages that was made from what was `given` before.

    Not where that has changed meanwhile. Raises DiskFull.
    """
    if given(workspace, environ) == made_from:
        path = workspace.environment.folder / NAME
        digest = _digest(made_from, workspace)
        durable.write_text(path, f"{digest} {count} {_of_lock(workspace)}\n")


def _kept(workspace: Workspace) -> tuple[str, str, str]:
    """The stamp: its digest, how many packages there are, the digest of the lock."""
    text = (workspace.environment.folder / NAME).read_text(encoding="ascii")
    digest, count, lock = text.split()
    return digest, count, lock


def _of_lock(workspace: Workspace) -> str:
    return _sum([workspace.lock_path.read_text(encoding="utf-8")])


def _digest(made_from: str, workspace: Workspace) -> str:
    return _sum([made_from, *_outcome(workspace.environment)])


def _sum(parts: Iterable[str]) -> str:
    content = hashlib.sha256()
    for part in parts:
        content.update(f"{part}\0".encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def _mark(workspace: Workspace) -> Path:
    return workspace.folder / MARK


def _around(workspace: Workspace, environ: Mapping[str, str]) -> Iterator[str]:
    yield from (_FORMAT, __version__, str(workspace.folder), repr(workspace.binding))
    yield from _variables(environ)
    for folder in workspace.edited:
        yield folder.name
        yield from (f"{name} {_state(folder / name)}" for name in _BUILT_FROM)


def _outcome(environment: Environment) -> Iterator[str]:
    yield str(_state(environment.python.resolve()))
    for folder in (environment.folder, environment.scripts, environment.site_packages):
        yield from _entries(folder)


def _variables(environ: Mapping[str, str]) -> Iterable[str]:
    return (
        f"{key}={value}" for key, value in sorted(environ.items()) if not _PASSING.fullmatch(key)
    )


def _entries(folder: Path) -> list[str]:
    """What is right in a folder, and when files and .dist-info folders last changed.

    Other folders get a cache of Python when something in them is first imported.
    """
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name in ("__pycache__", NAME):
                continue
            if is_folder and not entry.name.endswith(".dist-info"):
                found.append(entry.name)
                continue
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
