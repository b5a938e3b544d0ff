"""A built distribution under another version: the same files, byte for byte reproducible.

Members have a fixed date and mode and are stored, not compressed: compressed bytes differ from
one zlib to another. A wheel is PEP 427, an sdist PEP 625; what a wheel's .dist-info holds may
be replaced on the way.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import tomlkit
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version
from tomlkit.exceptions import TOMLKitError

from pipl import durable
from pipl.errors.build import InvalidSdist, InvalidWheel
from pipl.index.release import same_version

MAX_FILES = 20_000
MAX_BYTES = 1_000_000_000
_DATE = (1980, 1, 1, 0, 0, 0)
_EPOCH = 315_532_800  # the same date, in seconds
_SIGNATURES = ("RECORD", "RECORD.jws", "RECORD.p7s")
_VERSION_LINE = re.compile(rb"^(version[ \t]*:[ \t]*)([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_UNREADABLE = (OSError, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError)
_STORED = 0xFFFF
"""How many bytes a stored block of a deflate stream holds (RFC 1951)."""

Files = dict[str, tuple[bytes, bool]]
"""Relative posix path to content, and whether it is executable."""


def wheel(source: Path, version: str, out: Path, *, dist_info: Mapping[str, bytes]) -> Path:
    """Write the wheel `source` into the folder `out` as `version`; returns where.

    `dist_info` are files of its .dist-info folder that it gets besides or instead. Raises
    InvalidWheel, DiskFull.
    """
    try:
        _, before, _, _ = parse_wheel_filename(source.name)
    except InvalidWheelFilename as fault:
        raise InvalidWheel(source.name, str(fault)) from fault
    try:
        files = _wheel_files(source)
    except _UNREADABLE as fault:
        raise InvalidWheel(source.name, str(fault)) from fault
    stem, _, tags = source.name.partition("-")[2].partition("-")
    name = source.name.partition("-")[0]
    info, moved = _info_folder(source, files), f"{name}-{Version(version)}"
    renamed: Files = {}
    for path, (content, executable) in files.items():
        folder, _, rest = path.partition("/")
        if folder == info and rest in _SIGNATURES:
            continue
        if rest and folder == info:
            path = f"{moved}.dist-info/{rest}"
        elif rest and folder == f"{name}-{stem}.data":
            path = f"{moved}.data/{rest}"
        if path == f"{moved}.dist-info/METADATA":
            content = _with_version(content, str(before), version)
        renamed[path] = (content, executable)
    renamed.update(
        (f"{moved}.dist-info/{member}", (content, False)) for member, content in dist_info.items()
    )
    made = out / f"{moved}-{tags}"
    durable.write_bytes(made, _zipped(renamed, f"{moved}.dist-info/RECORD"))
    return made


def sdist(source: Path, version: str, out: Path) -> Path:
    """Write the sdist `source` (a .tar.gz) into the folder `out` as `version`; returns where.

    The version is changed where it is said: in PKG-INFO and pyproject.toml. Raises
    InvalidSdist, DiskFull.
    """
    if not source.name.endswith(".tar.gz"):
        raise InvalidSdist(source.name, "it is no .tar.gz (PEP 625)")
    try:
        files = _sdist_files(source)
    except _UNREADABLE as fault:
        raise InvalidSdist(source.name, str(fault)) from fault
    tops = {path.partition("/")[0] for path in files}
    if len(tops) != 1:
        raise InvalidSdist(source.name, "it must hold one folder")
    old = tops.pop()
    name, _, before = old.rpartition("-")
    if not name:
        raise InvalidSdist(source.name, f"its folder {old} has no version in its name")
    top = f"{name}-{Version(version)}"
    renamed: Files = {}
    for path, (content, executable) in files.items():
        inside = PurePosixPath(path.partition("/")[2])
        if inside.name == "PKG-INFO" and (
            len(inside.parts) == 1 or inside.parts[-2].endswith(".egg-info")
        ):
            content = _with_version(content, before, version)
        elif str(inside) == "pyproject.toml":
            content = _project_with_version(source, content, before, version)
        renamed[f"{top}/{inside}"] = (content, executable)
    made = out / f"{top}.tar.gz"
    durable.write_bytes(made, _gzipped(_tarred(renamed)))
    return made


def _wheel_files(source: Path) -> Files:
    files: Files = {}
    total = 0
    with zipfile.ZipFile(source) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        for entry in entries:
            with archive.open(entry) as file:
                content = file.read(MAX_BYTES - total + 1)
            total += len(content)
            if total > MAX_BYTES or len(entries) > MAX_FILES:
                raise InvalidWheel(source.name, _too_much())
            files[entry.filename] = content, bool(entry.external_attr >> 16 & stat.S_IXUSR)
    return files


def _sdist_files(source: Path) -> Files:
    files: Files = {}
    total = 0
    with tarfile.open(source, "r:gz") as archive:
        for entry in archive:
            if entry.isdir():
                continue
            content = archive.extractfile(entry) if entry.isreg() else None
            path = PurePosixPath(entry.name)
            if content is None or path.is_absolute() or ".." in path.parts:
                raise InvalidSdist(source.name, f"{entry.name} is no regular file within it")
            total += entry.size
            if total > MAX_BYTES or len(files) >= MAX_FILES:
                raise InvalidSdist(source.name, _too_much())
            files[str(path)] = content.read(), bool(entry.mode & stat.S_IXUSR)
    return files


def _too_much() -> str:
    return f"it holds more than {MAX_FILES} files or {MAX_BYTES} bytes"


def _info_folder(source: Path, files: Files) -> str:
    folders = {
        path.partition("/")[0]
        for path in files
        if path.endswith(".dist-info/METADATA") and path.count("/") == 1
    }
    if len(folders) != 1:
        raise InvalidWheel(source.name, f"it has {len(folders)} .dist-info folders")
    return folders.pop()


def _with_version(content: bytes, before: str, version: str) -> bytes:
    """Core metadata whose Version, one of its headers, is another one."""
    head, separator, body = content.partition(b"\n\n")

    def changed(line: re.Match[bytes]) -> bytes:
        said = line[2].strip().decode("utf-8", errors="replace")
        return line[1] + version.encode() if same_version(said, before) else line[0]

    return _VERSION_LINE.sub(changed, head, count=1) + separator + body


def _project_with_version(source: Path, content: bytes, before: str, version: str) -> bytes:
    try:
        document = tomlkit.parse(content)
        project = document.get("project")
        said = project.get("version") if isinstance(project, dict) else None
        if project is not None and isinstance(said, str) and same_version(said, before):
            project["version"] = version
        return tomlkit.dumps(document).encode("utf-8")
    except (TOMLKitError, UnicodeDecodeError, RecursionError) as fault:
        raise InvalidSdist(source.name, f"its pyproject.toml: {fault}") from fault


def _zipped(files: Files, record: str) -> bytes:
    info = record.partition("/")[0]
    # as PEP 427 recommends: the .dist-info folder comes last
    order = sorted(files, key=lambda path: (path.partition("/")[0] == info, path))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for path in order:
        content, _ = files[path]
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        writer.writerow((path, f"sha256={digest.decode('ascii')}", len(content)))
    writer.writerow((record, "", ""))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for path in order:
            archive.writestr(_entry(path, executable=files[path][1]), files[path][0])
        archive.writestr(_entry(record, executable=False), table.getvalue().encode("utf-8"))
    return whole.getvalue()


def _entry(path: str, *, executable: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, date_time=_DATE)
    entry.create_system = 3  # Unix, whatever machine this runs on: the mode counts
    entry.external_attr = (stat.S_IFREG | _mode(executable=executable)) << 16
    return entry


def _tarred(files: Files) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            content, executable = files[path]
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime = len(content), _EPOCH
            entry.mode = _mode(executable=executable)
            archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def _gzipped(content: bytes) -> bytes:
    """As gzip of stored blocks (RFC 1951, 1952), which no version of zlib can write otherwise."""
    blocks = [content[start : start + _STORED] for start in range(0, len(content), _STORED)] or [
        b""
    ]
    parts = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for number, block in enumerate(blocks, start=1):
        length = len(block)
        parts.append(bytes([number == len(blocks)]))
        parts.append(length.to_bytes(2, "little") + (length ^ _STORED).to_bytes(2, "little"))
        parts.append(block)
    parts.append(zlib.crc32(content).to_bytes(4, "little"))
    parts.append((len(content) & 0xFFFFFFFF).to_bytes(4, "little"))
    return b"".join(parts)


def _mode(*, executable: bool) -> int:
    return 0o755 if executable else 0o644
