"""Reading and writing `pylock.toml`: the parts of PEP 751 that locks of pipl use.

A lock may come from a stranger's wheel, so everything is checked when read. It is written by
hand, one line per file: that is what people compare, and a TOML library would take longer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import tomli
from packaging.version import InvalidVersion, Version

from pipl.env.locked import FileKind, LockedFile, LockedPackage, normalised
from pipl.env.paths import normal, of_uri
from pipl.env.platforms import PLATFORMS

LOCK_VERSION = "1.0"
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_UNESCAPED = re.compile(r"[ !#-\[\]-~]*")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""What PEP 508 allows."""


class Content(NamedTuple):
    """What a lock's text says."""

    packages: tuple[LockedPackage, ...]
    requires_python: str | None
    index_url: str | None
    origin: str | None
    platforms: tuple[str, ...] = ()
    as_of: str | None = None


class Unusable(Exception):
    """What a text lacks to be a lock; `Lock` says of which file."""


def parse(text: str, folder: Path | None) -> Content:
    """Relative paths of files are below `folder`, refused where that is None. Raises Unusable."""
    try:
        table = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as fault:
        raise Unusable(str(fault)) from fault
    version = table.get("lock-version")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise Unusable(f"lock-version is {version!r}; this pipl reads {LOCK_VERSION}")
    tool = _table(_table(table, "tool"), "pipl")
    return Content(
        packages=tuple(_package(each, folder) for each in _tables(table, "packages")),
        requires_python=_text(table, "requires-python"),
        index_url=_text(tool, "index-url"),
        origin=_text(tool, "origin"),
        platforms=_platforms(tool),
        as_of=_text(tool, "as-of"),
    )


def render(lock: Content) -> str:
    """The text of a lock."""
    lines = [
        "# Made by pipl. Change it with `pipl work add`, `pipl work lock` and `pipl work update`.",
        f"lock-version = {_quoted(LOCK_VERSION)}",
        'created-by = "pipl"',
    ]
    if lock.requires_python is not None:
        lines.append(f"requires-python = {_quoted(lock.requires_python)}")
    if lock.platforms:
        markers = ", ".join(_quoted(PLATFORMS[name]) for name in lock.platforms)
        lines.append(f"environments = [{markers}]")
    if not lock.packages:
        lines.append("packages = []")
    for package in lock.packages:
        lines += ["", *_package_lines(package)]
    tool = {"origin": lock.origin, "index-url": lock.index_url, "as-of": lock.as_of}
    told = [f"{key} = {_quoted(value)}" for key, value in tool.items() if value is not None]
    if lock.platforms:
        told.append(f"platforms = [{', '.join(map(_quoted, lock.platforms))}]")
    if told:
        lines += ["", "[tool.pipl]", *told]
    return "\n".join(lines) + "\n"


def _package_lines(package: LockedPackage) -> Iterator[str]:
    yield "[[packages]]"
    for key, value in (
        ("name", package.name),
        ("version", package.version),
        ("marker", package.marker),
        ("requires-python", package.requires_python),
        ("index", package.index),
    ):
        if value is not None:
            yield f"{key} = {_quoted(value)}"
    if package.directory is not None:
        editable = ", editable = true" if package.editable else ""
        yield f"directory = {{ path = {_quoted(package.directory)}{editable} }}"
    for file in package.files:
        if file.kind != "wheel":
            yield f"{file.kind} = {_file_table(file)}"
    wheels = [_file_table(file) for file in package.files if file.kind == "wheel"]
    if len(wheels) == 1:
        yield f"wheels = [{wheels[0]}]"
    elif wheels:
        yield "wheels = ["
        yield from (f"    {wheel}," for wheel in wheels)
        yield "]"


def _file_table(file: LockedFile) -> str:
    values = [] if file.kind == "archive" else [f"name = {_quoted(file.name)}"]
    if file.kind == "archive" and file.url.startswith("file:"):  # uv reads no such URL here
        values.append(f"path = {_quoted(of_uri(file.url).as_posix())}")
    else:
        values.append(f"url = {_quoted(file.url)}")
    if file.size is not None:
        values.append(f"size = {file.size}")
    values.append(f"hashes = {{ sha256 = {_quoted(file.sha256)} }}")
    return f"{{ {', '.join(values)} }}"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    if _UNESCAPED.fullmatch(text):  # nearly all are, and there are thousands
        return f'"{text}"'
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _package(table: dict[str, Any], folder: Path | None) -> LockedPackage:
    name = _text(table, "name")
    if name is None or not _NAME.fullmatch(name):
        raise Unusable(f"a package has the name {name!r}")
    version = _text(table, "version")
    directory = _table(table, "directory")
    files = tuple(_files(table, name, folder))
    if "vcs" in table:
        raise Unusable(f"{name} comes from a version-control system; publish it to an index")
    if "directory" in table:
        version = None
    elif not files:
        raise Unusable(f"{name} has no file to install from")
    elif version is not None:
        _check_version(name, version)
    return LockedPackage(
        name=normalised(name),
        version=version,
        files=files,
        directory=_required(directory, "path", name) if "directory" in table else None,
        editable=directory.get("editable") is True,
        marker=_marker(table, name),
        requires_python=_text(table, "requires-python"),
        index=_text(table, "index"),
    )


def _platforms(tool: dict[str, Any]) -> tuple[str, ...]:
    value = tool.get("platforms", [])
    if not isinstance(value, list) or not all(one in PLATFORMS for one in value):
        raise Unusable(f"its platforms are {value!r}; there are {', '.join(PLATFORMS)}")
    return tuple(value)


def _files(table: dict[str, Any], package: str, folder: Path | None) -> Iterator[LockedFile]:
    kinds: tuple[FileKind, ...] = ("archive", "sdist")
    for kind in kinds:
        if kind in table:
            yield _file(_table(table, kind), kind, package, folder)
    for each in _tables(table, "wheels"):
        yield _file(each, "wheel", package, folder)


def _file(table: dict[str, Any], kind: FileKind, package: str, folder: Path | None) -> LockedFile:
    url = _text(table, "url")
    if url is None:
        path = Path(_required(table, "path", package))
        if not path.is_absolute() and folder is None:
            raise Unusable(f"a file of {package} is given by the relative path {path}")
        url = normal(folder / path if folder else path).as_uri()
    sha256 = _text(_table(table, "hashes"), "sha256")
    if sha256 is None or not _SHA256.fullmatch(sha256):
        raise Unusable(f"a file of {package} has no sha256, so it could not be checked")
    size = table.get("size")
    return LockedFile(
        kind=kind,
        name=_text(table, "name") or unquote(urlsplit(url).path.rpartition("/")[2]),
        url=url,
        sha256=sha256.lower(),
        size=size if isinstance(size, int) else None,
    )


def _check_version(name: str, version: str) -> None:
    try:
        Version(version)
    except InvalidVersion as fault:
        raise Unusable(f"{name} has the invalid version {version!r}") from fault


def _marker(table: dict[str, Any], package: str) -> str | None:
    text = _text(table, "marker")
    if text is None:
        return None
    # slow to import, and most locks have none
    from packaging.markers import InvalidMarker, Marker

    try:
        return str(Marker(text))
    except InvalidMarker as fault:
        raise Unusable(f"{package} has the invalid marker {text!r}") from fault


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise Unusable(f"`{key}` must be a table")
    return value


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unusable(f"`{key}` must be a list of tables")
    return value


def _text(table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise Unusable(f"`{key}` must be a string")
    return value


def _required(table: dict[str, Any], key: str, package: str) -> str:
    value = _text(table, key)
    if not value:
        raise Unusable(f"{package} lacks `{key}`")
    return value
