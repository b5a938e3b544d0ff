"""Making empty virtual environments quickly.

virtualenv makes one *blank* environment per interpreter, in a cache; new environments are
copies of it with their own path written in. Importing virtualenv and asking it takes over
0.1 s, copying its dozen small files about 2 ms.
"""

from __future__ import annotations

import errno
import re
import shutil
import sys
import tempfile
from pathlib import Path

from pipl.env import activation, blank
from pipl.env.blank import Blank
from pipl.env.environment import Environment
from pipl.env.interpreter import Interpreter
from pipl.errors.base import DiskFull
from pipl.errors.usage import NotWritable, PathExists

PLAIN = re.compile(r"[A-Za-z0-9_./+@=, ~-]+")
"""Texts that every shell reads unchanged between single quotes."""


def create(
    folder: Path, interpreter: Interpreter, *, cache: Path, prompt: str | None = None
) -> Environment:
    """Make an empty environment (no pip in it), replacing an older one.

    Its activate scripts apply the env sets of what is installed into it later. It appears whole
    or not at all. `prompt` is what shells show while it is active (default: the folder's name,
    or its parent's where that is hidden); blanks are kept in `cache`, the user's cache folder of
    pipl. Raises PathExists where something else is at `folder`, NotWritable, DiskFull.
    """
    folder = folder.absolute()
    shown = prompt or (folder.parent if folder.name.startswith(".") else folder).name
    try:
        source = _blank(interpreter, cache)
        if source and PLAIN.fullmatch(str(folder)) and PLAIN.fullmatch(shown):
            with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as aside:
                made = Path(aside) / "new"
                source.copy(made, folder, shown)
                _put(made, folder, Path(aside) / "old")
        else:
            _make_in_place(folder, interpreter, shown)
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(folder)) from fault
        raise NotWritable(str(folder), fault.strerror or str(fault)) from fault
    return Environment(folder)


def _blank(interpreter: Interpreter, cache: Path) -> Blank | None:
    """The blank for an interpreter; None where none can be kept (read-only home, Windows)."""
    if sys.platform == "win32":  # launchers there hold paths that cannot be rewritten
        return None
    if not PLAIN.fullmatch(str(cache)):
        return None
    try:
        return blank.get(interpreter, cache)
    except OSError:
        return None


def _put(made: Path, folder: Path, aside: Path) -> None:
    """Move `made` to `folder`; an older environment there goes to `aside`."""
    if folder.exists():
        if not (folder / "pyvenv.cfg").is_file() and any(folder.iterdir()):
            raise PathExists(str(folder))
        folder.rename(aside)
    made.rename(folder)


def _make_in_place(folder: Path, interpreter: Interpreter, prompt: str) -> None:
    """Let virtualenv write right to `folder`: for paths that only it can quote."""
    from pipl.env.virtualenv_run import make  # slow to import, see above

    if folder.exists():
        if not (folder / "pyvenv.cfg").is_file() and any(folder.iterdir()):
            raise PathExists(str(folder))
        shutil.rmtree(folder)
    try:
        make(folder, interpreter, prompt=prompt)
        activation.install(Environment(folder))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
