"""The `bundle.json` of a bundle: whose workspace it is, and the sha256 of every other file.

What is read here may come from anybody: paths lead nowhere but below the bundle, every file is
listed, and every listed file is as it was written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipl import durable
from pipl.errors.env import InvalidBundle
from pipl.index.transfer import sha256_of
from pipl.progress import SILENT, Progress
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.errors import PipeError

FORMAT = "pipl-bundle/1"
NAME = "bundle.json"
LOCK = "pylock.toml"
WHEELS = "wheels"
SOURCES = "sources"
ASSETS = "assets"
MAX_BYTES = 64_000_000
MAX_SHOWN = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[^/\\:\x00-\x1f]+")
_DEPTHS = {WHEELS: range(2, 3), SOURCES: range(3, 100), ASSETS: range(2, 100)}
"""How many parts the paths of files below each folder have."""
_MINOR = re.compile(r"\d{1,3}\.\d{1,3}")
_TEXTS = ("workspace", "project", "url", "index", "python")


@dataclass(frozen=True)
class Manifest:
    """What a bundle holds.

    `workspace` and `project` are names, `url` the server's root, `index` is `user/name`,
    `python` a minor version such as `3.11`; `requirements`, `extras`, `opened` and `prefer` are
    those of the workspace. `products` are package to assets; `files` paths in the bundle, with
    forward slashes, to sha256.
    """

    workspace: str
    project: str
    url: str
    index: str
    python: str
    requirements: tuple[str, ...]
    extras: tuple[str, ...]
    opened: str | None
    products: Mapping[str, ProductAssets]
    files: Mapping[str, str]
    prefer: Mapping[str, str] = field(default_factory=dict)

    @property
    def wheels(self) -> tuple[str, ...]:
        """The names of the files in `wheels/`."""
        found = (path.split("/") for path in self.files if path.startswith(f"{WHEELS}/"))
        return tuple(sorted(parts[1] for parts in found))

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the packls being edited."""
        found = (path.split("/") for path in self.files if path.startswith(f"{SOURCES}/"))
        return tuple(sorted({parts[1] for parts in found}))


def write(folder: Path, manifest: Manifest) -> None:
    """Raises DiskFull."""
    document = {
        "format": FORMAT,
        **{key: getattr(manifest, key) for key in _TEXTS},
        "requirements": list(manifest.requirements),
        "extras": list(manifest.extras),
        "opened": manifest.opened,
        "prefer": dict(manifest.prefer),
        "products": {
            package: json.loads(references.render(one))
            for package, one in manifest.products.items()
        },
        "files": dict(manifest.files),
    }
    durable.write_text(folder / NAME, json.dumps(document, indent=1, sort_keys=True) + "\n")


def read(folder: Path) -> Manifest:
    """Raises InvalidBundle with everything that is wrong with the text."""
    path = folder / NAME
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidBundle(str(folder), (f"its {NAME} is larger than {MAX_BYTES} bytes",))
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, not {FORMAT}")
        texts = {key: _text(document[key], key) for key in _TEXTS}
        manifest = Manifest(
            **texts,
            requirements=tuple(_text(one, "requirements") for one in document["requirements"]),
            extras=tuple(_text(one, "extras") for one in document["extras"]),
            opened=None if document["opened"] is None else _text(document["opened"], "opened"),
            products={
                str(package): references.parse(json.dumps(one), product=str(package))
                for package, one in document["products"].items()
            },
            prefer={str(name): _text(one, "prefer") for name, one in document["prefer"].items()},
            files={str(name): _text(sha256, "files") for name, sha256 in document["files"].items()},
        )
    except FileNotFoundError as fault:
        raise InvalidBundle(str(folder), (f"it has no {NAME}",)) from fault
    except PipeError as fault:
        raise InvalidBundle(str(folder), (str(fault),)) from fault
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        problem = f"its {NAME} cannot be read: {type(fault).__name__}: {fault}"
        raise InvalidBundle(str(folder), (problem,)) from fault
    problems = tuple(_problems(manifest))[:MAX_SHOWN]
    if problems:
        raise InvalidBundle(str(folder), problems)
    return manifest


def listed(folder: Path, *, progress: Progress = SILENT) -> dict[str, str]:
    """The sha256 of every file of a bundle but its manifest, by path. Raises InvalidBundle."""
    paths = sorted(_paths(folder))
    found = {}
    for count, path in enumerate(paths):
        progress.advance(count, len(paths), "files")
        found[path] = sha256_of(folder / path)
    return found


def verify(folder: Path, manifest: Manifest, *, progress: Progress = SILENT) -> None:
    """Read every file again. Raises InvalidBundle with all that is missing, more, or changed."""
    progress.phase(f"verifying {len(manifest.files)} files")
    found = listed(folder, progress=progress)
    problems = [f"{path} is missing" for path in sorted(manifest.files.keys() - found.keys())]
    problems += [f"{path} is not listed" for path in sorted(found.keys() - manifest.files.keys())]
    problems += [
        f"{path} is not what was bundled (its sha256 is {found[path]})"
        for path, sha256 in sorted(manifest.files.items())
        if path in found and found[path] != sha256
    ]
    if problems:
        raise InvalidBundle(str(folder), tuple(problems[:MAX_SHOWN]))


def _paths(folder: Path) -> Iterator[str]:
    """The files below a bundle, without its manifest. Raises InvalidBundle for a link."""
    for parent, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(parent, name)
            shown = path.relative_to(folder).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise InvalidBundle(str(folder), (f"{shown} is neither a file nor a folder",))
            if path.is_file() and shown != NAME:
                yield shown


def _problems(manifest: Manifest) -> Iterator[str]:
    for path, sha256 in manifest.files.items():
        parts = path.split("/")
        inside = path == LOCK or len(parts) in _DEPTHS.get(parts[0], ())
        if not inside or not all(_is_plain(part) for part in parts):
            yield f"{path[:200]!r} is no path of a file in a bundle"
        if not _SHA256.fullmatch(sha256):
            yield f"{path[:200]!r} has no sha256"
    if not _MINOR.fullmatch(manifest.python):
        yield f"{manifest.python[:20]!r} is no minor version of Python"
    if LOCK not in manifest.files:
        yield f"it lists no {LOCK}"


def _is_plain(part: str) -> bool:
    return part not in (".", "..") and bool(_PART.fullmatch(part))


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{key}` holds something else than text")
    return value
