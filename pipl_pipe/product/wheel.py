"""Wheels written directly, byte for byte the same for the same content.

The binary distribution format is PEP 427 (spec 1.0), its METADATA is PEP 566 (2.1), or PEP 639
(2.4) where a license expression is given, and RECORD is PEP 376 with sha256 (PEP 427). Members
have a fixed date and mode and are stored, not compressed: compressed bytes differ from one zlib
to another.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Dict, List, Mapping, Optional, Tuple

from pipl_pipe import __version__, durable
from pipl_pipe.errors import InvalidProduct

TAG = "py3-none-any"
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = stat.S_IFREG | 0o644
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_SIGNATURES = ("RECORD", "RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True)
class Metadata:
    """The core metadata of a wheel beside its name and version.

    `requires` are PEP 508 requirements; those of an extra carry their `extra == "…"` marker.
    `project_urls` are (label, URL) pairs.
    """

    summary: str = ""
    requires: Tuple[str, ...] = ()
    extras: Tuple[str, ...] = ()
    requires_python: str = ""
    author: str = ""
    author_email: str = ""
    license: str = ""
    license_expression: str = ""
    keywords: Tuple[str, ...] = ()
    classifiers: Tuple[str, ...] = ()
    project_urls: Tuple[Tuple[str, str], ...] = ()
    description: str = ""
    description_content_type: str = "text/markdown"


def wheel_name(name: str, version: str) -> str:
    """The file name of a pure wheel, `name` and `version` escaped as PEP 427 says."""
    return f"{_escaped(name)}-{_normalised(version)}-{TAG}.whl"


def write_wheel(
    path: Path,
    *,
    name: str,
    version: str,
    files: Mapping[str, bytes],
    metadata: Metadata,
    entry_points: Mapping[str, Mapping[str, str]],
    dist_info: Optional[Mapping[str, bytes]] = None,
) -> str:
    """Write a pure wheel to `path` (named by `wheel_name`), whole or not at all; its sha256.

    `files` go beside the .dist-info folder, `dist_info` into it (such as `pylock.toml`); both
    map relative posix paths to content. `entry_points` maps group to name to target.

    Raises InvalidProduct with every problem of names, versions, paths and header values.
    """
    _check(name, version, files, dist_info or {}, metadata, entry_points)
    folder = f"{_escaped(name)}-{_normalised(version)}.dist-info"
    inside = {
        "METADATA": _metadata_text(name, _normalised(version), metadata).encode("utf-8"),
        "WHEEL": _wheel_text().encode("utf-8"),
        **(dist_info or {}),
    }
    points = _entry_points_text(entry_points)
    if points:
        inside["entry_points.txt"] = points.encode("utf-8")
    members = [_Member(_entry(member), files[member]) for member in sorted(files)]
    members += [_Member(_entry(f"{folder}/{one}"), inside[one]) for one in sorted(inside)]
    return _write(path, members, f"{folder}/RECORD")


def rewrite(path: Path, extra_dist_info: Mapping[str, bytes]) -> str:
    """Put files into the .dist-info folder of the wheel at `path`; its new sha256.

    What has the same name is replaced, all other members stay as they are, RECORD is made
    again, and signatures of the old one are dropped. Raises InvalidProduct.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        folder = _dist_info_folder(path, entries)
        given = {f"{folder}/{member}": content for member, content in extra_dist_info.items()}
        dropped = {f"{folder}/{name}" for name in _SIGNATURES} | set(given)
        members = [
            _Member(_entry_like(entry), archive.read(entry))
            for entry in entries
            if not entry.is_dir() and entry.filename not in dropped
        ]
    problems = _path_problems(given)
    if problems:
        raise InvalidProduct(path.name, tuple(problems))
    members += [_Member(_entry(member), given[member]) for member in sorted(given)]
    return _write(path, members, f"{folder}/RECORD")


@dataclass(frozen=True)
class _Member:
    entry: zipfile.ZipInfo
    content: bytes


def _write(path: Path, members: List[_Member], record: str) -> str:
    lines = [
        (member.entry.filename, _record_hash(member.content), str(len(member.content)))
        for member in members
    ]
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([*lines, (record, "", "")])
    members = [*members, _Member(_entry(record), table.getvalue().encode("utf-8"))]
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for member in members:
            archive.writestr(member.entry, member.content)
    durable.write_bytes(path, whole.getvalue())
    return hashlib.sha256(whole.getvalue()).hexdigest()


def _entry(member: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member, date_time=_DATE)
    entry.create_system = 3  # Unix, whatever machine this runs on: the mode counts
    entry.external_attr = _MODE << 16
    entry.compress_type = zipfile.ZIP_STORED
    return entry


def _entry_like(old: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """The old member's name, date, mode and compression, without sizes and offsets."""
    entry = zipfile.ZipInfo(old.filename, date_time=old.date_time)
    entry.create_system = old.create_system
    entry.external_attr = old.external_attr
    entry.compress_type = old.compress_type
    return entry


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={digest.decode('ascii').rstrip('=')}"


def _dist_info_folder(path: Path, entries: List[zipfile.ZipInfo]) -> str:
    folders = {
        entry.filename.split("/")[0]
        for entry in entries
        if entry.filename.count("/") == 1 and entry.filename.endswith(".dist-info/METADATA")
    }
    if len(folders) != 1:
        raise InvalidProduct(path.name, (f"it has {len(folders)} .dist-info folders",))
    return folders.pop()


def _wheel_text() -> str:
    lines = (
        "Wheel-Version: 1.0",
        f"Generator: pipl-pipe ({__version__})",
        "Root-Is-Purelib: true",
        f"Tag: {TAG}",
    )
    return "".join(f"{line}\n" for line in lines)


def _metadata_text(name: str, version: str, metadata: Metadata) -> str:
    headers = [
        ("Metadata-Version", "2.4" if metadata.license_expression else "2.1"),
        ("Name", name),
        ("Version", version),
        *_optional_headers(metadata),
        *(("Classifier", classifier) for classifier in metadata.classifiers),
        *(("Project-URL", f"{label}, {url}") for label, url in metadata.project_urls),
        *(("Requires-Dist", requirement) for requirement in metadata.requires),
        *(("Provides-Extra", extra) for extra in metadata.extras),
    ]
    text = "".join(f"{key}: {value}\n" for key, value in headers)
    return f"{text}\n{metadata.description}" if metadata.description else text


def _optional_headers(metadata: Metadata) -> List[Tuple[str, str]]:
    described = metadata.description_content_type if metadata.description else ""
    headers = (
        ("Summary", metadata.summary),
        ("Author", metadata.author),
        ("Author-email", metadata.author_email),
        ("License", metadata.license),
        ("License-Expression", metadata.license_expression),
        ("Keywords", ",".join(metadata.keywords)),
        ("Requires-Python", metadata.requires_python),
        ("Description-Content-Type", described),
    )
    return [(key, value) for key, value in headers if value]


def _entry_points_text(entry_points: Mapping[str, Mapping[str, str]]) -> str:
    sections = [
        "".join([f"[{group}]\n", *(f"{name} = {points[name]}\n" for name in sorted(points))])
        for group, points in sorted(entry_points.items())
        if points
    ]
    return "\n".join(sections)


def _check(
    name: str,
    version: str,
    files: Mapping[str, bytes],
    dist_info: Mapping[str, bytes],
    metadata: Metadata,
    entry_points: Mapping[str, Mapping[str, str]],
) -> None:
    problems = [*_path_problems(files), *_path_problems(dist_info)]
    if not _NAME.fullmatch(name):
        problems.append(f"{name!r} is not a distribution name (PEP 508)")
    try:
        _normalised(version)
    except ValueError:
        problems.append(f"{version!r} is not a version (PEP 440)")
    texts = [*(value for _, value in _optional_headers(metadata)), *metadata.requires]
    texts += [*metadata.classifiers, *metadata.extras]
    texts += [part for pair in metadata.project_urls for part in pair]
    texts += [
        text for group, points in entry_points.items() for pair in points.items()
        for text in (group, *pair)
    ]  # fmt: skip
    problems += [f"{text!r} holds a line break" for text in texts if len(text.splitlines()) > 1]
    if problems:
        raise InvalidProduct(name, tuple(problems))


def _path_problems(files: Mapping[str, bytes]) -> List[str]:
    problems = []
    seen: Dict[str, str] = {}
    for member in files:
        parts = PurePosixPath(member).parts
        clean = member == "/".join(parts) and ".." not in parts
        if not clean or not member or re.search(r"[\\:]|\s$", member):
            problems.append(f"{member!r} is not a clean relative path")
        other = seen.setdefault(member.casefold(), member)
        if other != member:
            problems.append(f"{member!r} and {other!r} differ in case only")
    return problems


def _escaped(name: str) -> str:
    """PEP 503 normalisation with underscores, as file names of distributions have it."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _normalised(version: str) -> str:
    from packaging.version import Version  # keeps the import of pipl_pipe to the stdlib

    return str(Version(version))
