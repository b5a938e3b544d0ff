"""Where pyenv and uv keep the Pythons that they install, which are on no PATH."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_SPEC = re.compile(r"(?:python)?(3\.\d+)(\.\d+)?")
_PROGRAM = "python.exe" if sys.platform == "win32" else "bin/python3"


def executables(spec: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The interpreters there of a version such as `3.12` or `python3.12.1`, newest first.

    Of another spec, such as a path, none is looked for.
    """
    wanted = _SPEC.fullmatch(spec)
    if wanted is None:
        return ()
    version = re.escape(wanted[0].removeprefix("python"))
    patch = "" if wanted[2] else r"\.(?P<patch>\d+)"
    named = re.compile(rf"(?:cpython-)?{version}{patch}(?:-.*)?")  # those with threads end in t
    found = [
        (int(match["patch"]) if patch else 0, folder / _PROGRAM)
        for parent in _parents(environ)
        for folder in parent.glob("*")
        if (match := named.fullmatch(folder.name)) and (folder / _PROGRAM).is_file()
    ]
    return tuple(path for _, path in sorted(found, reverse=True))


def _parents(environ: Mapping[str, str]) -> Iterator[Path]:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    pyenv, uv = environ.get("PYENV_ROOT"), environ.get("UV_PYTHON_INSTALL_DIR")
    shared = environ.get("XDG_DATA_HOME")
    if pyenv or home:
        yield Path(pyenv or f"{home}/.pyenv") / "versions"
    if uv:
        yield Path(uv)
    elif shared or home:
        yield Path(shared or f"{home}/.local/share") / "uv" / "python"
