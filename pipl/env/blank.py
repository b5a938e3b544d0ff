"""The empty environment that new ones are copied from, kept per interpreter.

Its activate scripts apply env sets already, so that this is done once and not for each copy.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from pipl.env import activation
from pipl.env.environment import Environment
from pipl.env.interpreter import Interpreter

PROMPT = "a blank prompt"
_FOLDER = "blank environments"
"""The space in these makes virtualenv quote them in every script, whatever the shell."""
_FORMAT = "2"


@dataclass(frozen=True)
class Blank:
    """An empty environment made by virtualenv, whose scripts hold its path and PROMPT."""

    folder: Path

    def copy(self, destination: Path, final: Path, prompt: str) -> None:
        """Copy to `destination` an environment that will be moved to `final`.

        `final` and `prompt` must need no escaping between single quotes.
        """
        replaced = {
            os.fsencode(self.folder): os.fsencode(final),
            PROMPT.encode(): prompt.encode(),
        }
        _copy(self.folder, destination, replaced)


def get(interpreter: Interpreter, cache: Path) -> Blank:
    """The blank for an interpreter, made first where there is none. Raises OSError."""
    folder = cache / _FOLDER / key(interpreter)
    if not folder.is_dir():
        _make(folder, interpreter)
    return Blank(folder)


def _make(folder: Path, interpreter: Interpreter) -> None:
    # virtualenv takes longer to import than copying its work takes
    from pipl.env.virtualenv_run import make

    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="making ", dir=folder.parent))
    try:
        made = aside / "env"
        make(made, interpreter, prompt=PROMPT)
        activation.install(Environment(made))
        own = aside / "own"
        _copy(made, own, {os.fsencode(made): os.fsencode(folder)})
        try:
            own.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def key(interpreter: Interpreter) -> str:
    """Names the interpreter, virtualenv and pipl as they are now (hashlib is slow to import)."""
    spec = importlib.util.find_spec("virtualenv")
    maker = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    made_by = "".join(map(_identity, filter(None, (maker, *activation.made_of()))))
    parts = (_FORMAT, str(interpreter.version), _identity(interpreter.path), _sum(made_by))
    return "-".join(parts)


def _identity(path: Path) -> str:
    seen = path.stat()
    return f"{_sum(str(path))}.{seen.st_size:x}.{seen.st_mtime_ns:x}"


def _sum(text: str) -> str:
    return f"{zlib.crc32(os.fsencode(text)):08x}"


def _copy(source: Path, destination: Path, replaced: dict[bytes, bytes]) -> None:
    destination.mkdir()
    for path in source.iterdir():
        target = destination / path.name
        if path.is_symlink():
            target.symlink_to(path.readlink())
        elif path.is_dir():
            _copy(path, target, replaced)
        else:
            content = path.read_bytes()
            for old, new in replaced.items():
                content = content.replace(old, new)
            target.write_bytes(content)
            if path.stat().st_mode & 0o111:
                shutil.copymode(path, target)
