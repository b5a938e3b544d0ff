"""Rewriting the paths that an environment holds of its own folder, after that was moved.

Scripts, `activate` and the notes of packages edited in place hold absolute paths; all else in
an environment is relative. Nothing is installed again: what was put in by hand stays.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pipl import durable
from pipl.env.environment import Environment
from pipl.env.venv import PLAIN
from pipl.errors.env import NotRelocated

MAX_BYTES = 8_000_000
"""Scripts are small; larger files there are programs."""
MAX_SHEBANG_BYTES = 127
"""What every kernel reads of a script's first line."""
_ENDS = rb"(?=[/\\'\"\s:;,)]|$)"


def rewrite(environment: Environment, was: Path, now: Path) -> int:
    """Turn paths below `was` to below `now`; how many files changed. May be repeated.

    `was` and `now` are folders that the environment is below of. Raises NotRelocated where
    these paths are quoted differently in different shells, and on Windows.
    """
    if sys.platform == "win32":
        raise NotRelocated(str(now), "launchers on Windows hold paths that cannot be rewritten")
    for path in (was, now):
        if not PLAIN.fullmatch(str(path)):
            raise NotRelocated(str(now), f"the path {path} has characters that shells quote")
    old = sorted({str(was).encode(), was.as_uri().encode()}, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(one) + _ENDS for one in old), re.MULTILINE)

    def moved(found: re.Match[bytes]) -> bytes:
        return (now.as_uri() if found[0].startswith(b"file:") else str(now)).encode()

    changed = 0
    for path in _holders(environment):
        if path.is_symlink():
            changed += _linked_anew(path, was, now)
            continue
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            continue
        before = path.read_bytes()
        after = _with_short_shebang(pattern.sub(moved, before)) if b"\0" not in before else before
        if after != before:
            durable.write_bytes(path, after, mode=path.stat().st_mode & 0o777)
            changed += 1
    return changed


def _holders(environment: Environment) -> Iterator[Path]:
    """The files and links that may hold the environment's path, itself first if it is a link."""
    packages = environment.site_packages
    yield environment.folder
    yield from chain(
        environment.scripts.iterdir(),
        environment.folder.glob("*.cfg"),
        environment.folder.glob("pipl-shell/*"),
        packages.glob("*.pth"),
        packages.glob("*.egg-link"),
        packages.glob("__editable__*"),
        packages.glob("*.dist-info/*.json"),
    )


def _linked_anew(link: Path, was: Path, now: Path) -> int:
    target = link.readlink()
    if not target.is_relative_to(was):
        return 0
    link.unlink()
    link.symlink_to(now / target.relative_to(was))
    return 1


def _with_short_shebang(content: bytes) -> bytes:
    """A Python script whose first line is too long is started by a shell, as pip and uv do it."""
    line, newline, rest = content.partition(b"\n")
    interpreter = line[2:].strip()
    fits = len(line) <= MAX_SHEBANG_BYTES and b" " not in interpreter
    if not line.startswith(b"#!/") or fits or b"/python" not in interpreter:
        return content
    return b"#!/bin/sh\n'''exec' \"" + interpreter + b'" "$0" "$@"\n\' \'\'\'' + newline + rest
