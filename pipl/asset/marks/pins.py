"""Pins: revisions that somebody wants kept, stored with the project.

`<project>/system/pins.json` holds who pinned what, when and why.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pipl import durable
from pipl.errors.asset import NotPinned
from pipl.errors.usage import InvalidFile, NotWritable
from pipl_pipe.asset.digest import Digest
from pipl_pipe.errors import InvalidDigest

FORMAT = "pipl-pins/1"
FILE = "system/pins.json"
MAX_BYTES = 64_000_000


@dataclass(frozen=True)
class Pin:
    """`text` is what was asked for, such as `hero_geo==1.2.0`; `at` is seconds since the epoch."""

    text: str
    revisions: tuple[str, ...]
    who: str
    at: float
    reason: str = ""


def read(project: Path) -> tuple[Pin, ...]:
    """By text; none where nothing was ever pinned. Raises InvalidFile."""
    path = project / FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES} bytes")
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, not {FORMAT}")
        return tuple(map(_pin, document["pins"]))
    except FileNotFoundError:
        if not path.parent.is_dir():  # a project that is not mounted has not lost its pins
            raise InvalidFile(str(path), "the folder of the project is not there") from None
        return ()
    except (OSError, ValueError, KeyError, TypeError, InvalidDigest, RecursionError) as fault:
        raise InvalidFile(str(path), f"{type(fault).__name__}: {fault}") from fault


def add(project: Path, pin: Pin) -> None:
    """Keep a pin, instead of an older one of the same text. Raises InvalidFile, NotWritable."""
    with _changing(project):
        kept = [one for one in read(project) if one.text != pin.text]
        _write(project, [*kept, pin])


def remove(project: Path, text: str) -> Pin:
    """Take back what was pinned as `text`. Raises NotPinned, InvalidFile, NotWritable."""
    with _changing(project):
        found = read(project)
        gone = next((one for one in found if one.text == text), None)
        if gone is None:
            raise NotPinned(text)
        _write(project, [one for one in found if one.text != text])
    return gone


@contextmanager
def _changing(project: Path) -> Iterator[None]:
    path = project / FILE
    try:
        with FileLock(path.with_name(f".{path.name}.lock")):
            yield
    except OSError as fault:
        raise NotWritable(str(path), fault.strerror or str(fault)) from fault


def _write(project: Path, pins: list[Pin]) -> None:
    ordered = [dataclasses.asdict(one) for one in sorted(pins, key=lambda one: one.text)]
    text = json.dumps({"format": FORMAT, "pins": ordered}, indent=1, ensure_ascii=False)
    durable.write_text(project / FILE, text + "\n")


def _pin(values: dict[str, object]) -> Pin:
    text, revisions, who, at = (values[key] for key in ("text", "revisions", "who", "at"))
    reason = values.get("reason", "")
    if not all(isinstance(one, str) for one in (text, who, reason)):
        raise ValueError("text, who and reason must be texts")
    if not isinstance(revisions, list) or not isinstance(at, (int, float)):
        raise ValueError("revisions must be a list, at a number")
    digests = tuple(str(Digest.parse(str(one))) for one in revisions)
    return Pin(str(text), digests, str(who), float(at), str(reason))
