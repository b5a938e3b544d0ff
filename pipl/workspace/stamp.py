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
from pipl.env.lock import Lock
from pipl.workspace.place import Place, context_of

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


def stands(place: Place, lock: Lock) -> bool:
    """Whether the environment is as it was when it was stamped, for the same lock."""
    try:
        kept = (place.environment.folder / NAME).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return False
    return kept == _digest(place, lock)


def put(place: Place, lock: Lock) -> None:
    """Stamp an environment that holds what is locked and was settled. Raises DiskFull."""
    durable.write_text(place.environment.folder / NAME, _digest(place, lock))


def _digest(place: Place, lock: Lock) -> str:
    content = hashlib.sha256()
    for part in _parts(place, lock):
        content.update(f"{part}\0".encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def _parts(place: Place, lock: Lock) -> Iterator[str]:
    environment = place.environment
    yield from (_FORMAT, __version__, lock.render(), context_of(place))
    yield from _variables(place.environ)
    yield str(_state(environment.python.resolve()))
    for folder in (environment.folder, environment.scripts, environment.site_packages):
        yield from _entries(folder)
    for package in lock.packages:
        if package.directory is not None:
            folder = place.folder / package.directory
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
