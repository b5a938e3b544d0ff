"""A wheel or sdist that is about to be uploaded."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from packaging.metadata import parse_email
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from requests_toolbelt import (  # type: ignore[import-untyped]  # publishes no type information
    MultipartEncoder,
    MultipartEncoderMonitor,
)

from pipl.index.transfer import sha256_of
from pipl.progress import Progress

MAX_METADATA_BYTES = 8_000_000

# Fields of the upload form that are not named as packaging names them (upload API of PyPI).
_FORM_NAMES = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "provides_extra": "provides_extras",
    "license_files": "license_file",
}


class UnreadableDistribution(ValueError):
    """A file that is no wheel or sdist, or whose metadata cannot be read."""


@dataclass(frozen=True)
class Distribution:
    """A file to upload; `fields` is its metadata as an upload form names it, in order."""

    path: Path
    name: str
    version: str
    sha256: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path) -> Distribution:
        """Raises UnreadableDistribution."""
        try:
            fields = tuple(_fields(path))
            digest = sha256_of(path)
        except (InvalidWheelFilename, InvalidSdistFilename) as fault:
            raise UnreadableDistribution(str(fault)) from fault
        except (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError, KeyError) as fault:
            raise UnreadableDistribution(f"it is damaged: {fault}") from fault
        known = dict(fields)
        if not known.get("name") or not known.get("version"):
            raise UnreadableDistribution("its metadata has no name or no version")
        return cls(path, known["name"], known["version"], digest, fields)

    @contextmanager
    def form(self, progress: Progress) -> Iterator[tuple[IO[bytes], str]]:
        """The upload form as a stream, and its content type; the file is read as it is sent."""
        fields: list[tuple[str, object]] = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("sha256_digest", self.sha256),
            *self.fields,
        ]
        with self.path.open("rb") as file:
            form = MultipartEncoder(
                [*fields, ("content", (self.path.name, file, "application/octet-stream"))]
            )
            yield (
                MultipartEncoderMonitor(
                    form, lambda sent: progress.advance(sent.bytes_read, form.len)
                ),
                form.content_type,
            )


def _fields(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".whl":
        parse_wheel_filename(path.name)
        metadata = _wheel_metadata(path)
        yield from (("filetype", "bdist_wheel"), ("pyversion", path.name.split("-")[-3]))
    else:
        parse_sdist_filename(path.name)
        metadata = _sdist_metadata(path)
        yield from (("filetype", "sdist"), ("pyversion", "source"))
    known, _ = parse_email(metadata)
    for key, value in known.items():
        for text in _texts(key, value):
            yield _FORM_NAMES.get(key, key), text


def _texts(key: str, value: object) -> Iterable[str]:
    if key == "keywords" and isinstance(value, list):
        return [",".join(value)]
    if isinstance(value, dict):  # project URLs, by label
        return [f"{label}, {url}" for label, url in value.items()]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _wheel_metadata(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [
            member
            for member in archive.infolist()
            if member.filename.count("/") == 1 and member.filename.endswith(".dist-info/METADATA")
        ]
        if len(members) != 1:
            raise UnreadableDistribution("it does not hold one .dist-info/METADATA")
        _bounded(members[0].file_size)
        return archive.read(members[0])


def _sdist_metadata(path: Path) -> bytes:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{path.stem}/PKG-INFO")
            _bounded(member.file_size)
            return archive.read(member)
    with tarfile.open(path, "r:gz") as archive:
        for entry in archive:
            if entry.isreg() and entry.name.count("/") == 1 and entry.name.endswith("/PKG-INFO"):
                _bounded(entry.size)
                content = archive.extractfile(entry)
                assert content is not None, "a regular file has a content"
                return content.read()
    raise UnreadableDistribution("it does not hold a PKG-INFO")


def _bounded(size_bytes: int) -> None:
    if size_bytes > MAX_METADATA_BYTES:
        raise UnreadableDistribution(f"its metadata has {size_bytes} bytes")
