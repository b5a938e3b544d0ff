"""Looking into wheels that others made, with bounds, and adding to our own."""

from __future__ import annotations

import configparser
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.metadata import InvalidMetadata, parse_email
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from pipl.errors.build import InvalidWheel
from pipl_pipe.errors import InvalidProduct
from pipl_pipe.product.wheel import rewrite

MAX_MEMBER_BYTES = 16_000_000
"""How much of one member is read; a lock of 5,000 packages has about 3 MB."""
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What zipfile raises for damaged (and encrypted, and oddly compressed) archives."""


@dataclass(frozen=True)
class WheelDescription:
    """What a wheel says of itself; `name` is normalised, `entry_points` by group and name."""

    name: str
    version: str
    requires: tuple[str, ...]
    requires_python: str | None
    extras: tuple[str, ...]
    entry_points: Mapping[str, Mapping[str, str]]


def describe(path: Path) -> WheelDescription:
    """Read a wheel's metadata and entry points. Raises InvalidWheel."""
    text = read_dist_info(path, "METADATA")
    if text is None:
        raise InvalidWheel(str(path), "it has no METADATA")
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
        metadata, _ = parse_email(text)
    except (InvalidWheelFilename, InvalidMetadata, ValueError) as fault:
        raise InvalidWheel(str(path), str(fault)) from fault
    if canonicalize_name(metadata.get("name", "")) != name:
        raise InvalidWheel(str(path), f"its METADATA names {metadata.get('name')!r}")
    return WheelDescription(
        name=name,
        version=str(version),
        requires=tuple(metadata.get("requires_dist", ())),
        requires_python=metadata.get("requires_python"),
        extras=tuple(metadata.get("provides_extra", ())),
        entry_points=_entry_points(path),
    )


def read_dist_info(path: Path, member: str) -> str | None:
    """A text file of the wheel's .dist-info folder, None where it has no such file.

    Raises InvalidWheel for what is no wheel, or a member over MAX_MEMBER_BYTES.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            folders = {
                name.split("/")[0]
                for name in entries
                if name.endswith(".dist-info/METADATA") and name.count("/") == 1
            }
            if len(folders) != 1:
                raise InvalidWheel(str(path), f"it has {len(folders)} .dist-info folders")
            entry = entries.get(f"{folders.pop()}/{member}")
            if entry is None:
                return None
            with archive.open(entry) as file:
                content = file.read(MAX_MEMBER_BYTES + 1)
    except _UNREADABLE as fault:
        raise InvalidWheel(str(path), str(fault)) from fault
    if len(content) > MAX_MEMBER_BYTES:
        raise InvalidWheel(str(path), f"its {member} is larger than {MAX_MEMBER_BYTES} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InvalidWheel(str(path), f"its {member} is not UTF-8") from fault


def add(path: Path, members: Mapping[str, str]) -> None:
    """Put text files into the wheel's .dist-info folder and its RECORD. Raises InvalidWheel."""
    try:
        rewrite(path, {name: text.encode("utf-8") for name, text in members.items()})
    except (*_UNREADABLE, InvalidProduct) as fault:
        raise InvalidWheel(str(path), str(fault)) from fault


def _entry_points(path: Path) -> dict[str, dict[str, str]]:
    text = read_dist_info(path, "entry_points.txt")
    if text is None:
        return {}
    # delimiters and case as the entry points specification has them
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # keeps the names' case
    try:
        parser.read_string(text)
    except configparser.Error as fault:
        raise InvalidWheel(str(path), f"its entry_points.txt: {fault}") from fault
    return {group: dict(parser.items(group)) for group in parser.sections()}
