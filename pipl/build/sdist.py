"""Unpacking an sdist that somebody has uploaded."""

from __future__ import annotations

import errno
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from pipl.errors.base import DiskFull
from pipl.errors.build import InvalidSdist

MAX_FILES = 20_000
MAX_BYTES = 1_000_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    executable: bool
    content: IO[bytes]


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist below the empty `folder`; returns the one folder that it holds (PEP 625).

    Only regular files and folders come out of it, nothing outside of `folder`, and no more
    than MAX_FILES and MAX_BYTES. Raises InvalidSdist, DiskFull.
    """
    try:
        if sdist.name.endswith(".zip"):
            with zipfile.ZipFile(sdist) as zipped:
                _write(_zip_members(zipped), folder)
        else:
            with tarfile.open(sdist, "r:gz") as tar:
                _write(_tar_members(tar), folder)
    except _Refused as refused:
        raise InvalidSdist(sdist.name, str(refused)) from None
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as fault:
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(folder)) from fault
        raise InvalidSdist(sdist.name, f"it cannot be unpacked: {fault}") from fault
    tops = [path for path in folder.iterdir() if path.is_dir()]
    if len(tops) != 1:
        raise InvalidSdist(sdist.name, "it must hold one folder")
    return tops[0]


class _Refused(Exception):
    """Why an archive is not unpacked."""


def _tar_members(tar: tarfile.TarFile) -> Iterator[_Member]:
    for member in tar:
        if member.isdir():
            continue
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            raise _Refused(f"{member.name} is neither a file nor a folder")
        yield _Member(member.name, member.size, bool(member.mode & stat.S_IXUSR), content)


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[_Member]:
    for info in zipped.infolist():
        if info.is_dir():
            continue
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _Refused(f"{info.filename} is neither a file nor a folder")
        with zipped.open(info) as content:
            yield _Member(info.filename, info.file_size, bool(mode & stat.S_IXUSR), content)


def _write(members: Iterable[_Member], folder: Path) -> None:
    total = 0
    for count, member in enumerate(members, 1):
        total += member.size
        if count > MAX_FILES or total > MAX_BYTES:
            raise _Refused(f"it holds more than {MAX_FILES} files or {MAX_BYTES} bytes")
        path = folder / _inside(member.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        left = member.size  # an archive may lie about it: no more than this is written
        with path.open("xb") as file:
            while left and (chunk := member.content.read(min(left, _CHUNK))):
                file.write(chunk)
                left -= len(chunk)
        path.chmod(0o755 if member.executable else 0o644)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    elsewhere = path.is_absolute() or ".." in path.parts or "\0" in name
    if elsewhere or "\\" in name or PureWindowsPath(name).drive:
        raise _Refused(f"the path {name!r} leads outside of it")
    return path
