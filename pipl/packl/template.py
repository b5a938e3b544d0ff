"""Packl skeletons, and new packls from them.

A skeleton is a package folder. Its files end in `.tmpl`, so that no tool takes them for code
of their own; whatever else lies in the folder (`__init__.py`, caches) is not part of it.
File contents are `string.Template`s; `__name__` in a file's or folder's name is the packl's
name.
"""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Template
from typing import TYPE_CHECKING

from pipl.errors.base import DiskFull
from pipl.errors.usage import InvalidTemplate, NotWritable, PathExists

if TYPE_CHECKING:  # where it is at runtime differs from 3.10 to 3.14
    from importlib.abc import Traversable

SUFFIX = ".tmpl"
_QUOTED = (".toml", ".py")
"""Formats in whose double-quoted strings a value is written escaped, as JSON would."""


@dataclass(frozen=True)
class TemplateFile:
    """One file of a skeleton; `path` is where it goes, relative to the packl."""

    path: PurePosixPath
    text: str


def render(template: Traversable, destination: Path, values: Mapping[str, str]) -> tuple[Path, ...]:
    """Make the folder `destination` from a skeleton and return the files written, in order.

    `values` are those of the placeholders; `name` is needed. In TOML and Python files they
    are escaped for a double-quoted string. The folder appears whole or not at all.

    Raises InvalidTemplate with every placeholder that has no value, PathExists, NotWritable
    and DiskFull.
    """
    texts = _filled(template.name, tuple(files(template, values["name"])), values)
    if destination.exists() or destination.is_symlink():
        raise PathExists(str(destination))
    aside = destination.parent / f".{destination.name}.{secrets.token_hex(4)}"
    try:
        for path, text in texts.items():
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            (aside / path).write_text(text, encoding="utf-8", newline="\n")
        aside.rename(destination)
    except BaseException as fault:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(fault, OSError):
            raise _designed(fault, destination) from fault
        raise
    return tuple(destination / path for path in texts)


def files(template: Traversable, name: str) -> Iterator[TemplateFile]:
    """The files of a skeleton for a packl called `name`, sorted by path, not filled in."""
    for parts, file in sorted(_walk(template, ()), key=lambda found: found[0]):
        if parts[-1].endswith(SUFFIX):
            path = PurePosixPath(*(part.replace("__name__", name) for part in parts))
            yield TemplateFile(
                path.with_name(path.name[: -len(SUFFIX)]), file.read_text(encoding="utf-8")
            )


def _walk(
    folder: Traversable, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for child in folder.iterdir():
        if child.is_dir():
            yield from _walk(child, (*above, child.name))
        else:
            yield (*above, child.name), child


def _filled(
    template: str, found: tuple[TemplateFile, ...], values: Mapping[str, str]
) -> dict[PurePosixPath, str]:
    """The text of each file with its placeholders replaced."""
    if not found:
        raise InvalidTemplate(template, (f"it has no file that ends in {SUFFIX}",))
    problems = tuple(problem for file in found for problem in _problems(file, values))
    if problems:
        raise InvalidTemplate(template, problems)
    quoted = {key: json.dumps(value, ensure_ascii=False)[1:-1] for key, value in values.items()}
    return {
        file.path: Template(file.text).substitute(quoted if file.path.suffix in _QUOTED else values)
        for file in found
    }


def _problems(file: TemplateFile, values: Mapping[str, str]) -> Iterator[str]:
    """What `Template.substitute` would stumble over: all of it, with the line (from 1)."""
    for number, line in enumerate(file.text.splitlines(), start=1):
        for match in Template.pattern.finditer(line):
            name = match["named"] or match["braced"]
            if match["invalid"] is not None:
                yield f"{file.path}:{number}: a single $ (write $$)"
            elif name and name not in values:
                yield f"{file.path}:{number}: no value for ${name}"


def _designed(fault: OSError, path: Path) -> Exception:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(str(path))
    if fault.errno in (errno.EEXIST, errno.ENOTEMPTY):
        return PathExists(str(path))
    return NotWritable(str(path), fault.strerror or str(fault))
