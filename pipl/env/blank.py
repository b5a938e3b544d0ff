"""The empty environment that new ones are copied from, kept per interpreter."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipl.env.python import Interpreter

PROMPT = "a blank prompt"
_FOLDER = "blank environments"
"""The space in these makes virtualenv quote them in every script, whatever the shell."""
_FORMAT = "1"


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
    folder = cache / _FOLDER / _key(interpreter)
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
        own = aside / "own"
        _copy(made, own, {os.fsencode(made): os.fsencode(folder)})
        try:
            own.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _key(interpreter: Interpreter) -> str:
    """Names the interpreter and the virtualenv as they are now."""
    spec = importlib.util.find_spec("virtualenv")
    maker = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    parts = [_FORMAT, *_identity(interpreter.path), *(_identity(maker) if maker else ())]
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape"))
    return f"{interpreter.version}-{digest.hexdigest()[:16]}"


def _identity(path: Path) -> tuple[str, str, str]:
    seen = path.stat()
    return str(path), str(seen.st_size), str(seen.st_mtime_ns)


def _copy(source: Path, destination: Path, replaced: dict[bytes, bytes]) -> None:
    destination.mkdir()
    for entry in os.scandir(source):
        target = destination / entry.name
        if entry.is_symlink():
            target.symlink_to(os.readlink(entry.path))
        elif entry.is_dir():
            _copy(Path(entry.path), target, replaced)
        else:
            content = Path(entry.path).read_bytes()
            for old, new in replaced.items():
                content = content.replace(old, new)
            target.write_bytes(content)
            if entry.stat().st_mode & 0o111:
                shutil.copymode(entry.path, target)
