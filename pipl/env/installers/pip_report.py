"""A lock from pip's installation report (version 1 of its documented format)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.version import Version

from pipl.env.install import Resolve
from pipl.env.lock import Lock, LockedFile, LockedPackage, index_of, origin_of
from pipl.env.locked import FileKind, normalised
from pipl.env.paths import below, of_uri
from pipl.errors.env import ResolverFailed


def read(path: Path) -> list[Mapping[str, Any]]:
    """What pip would install, one item per package."""
    report = json.loads(path.read_text(encoding="utf-8"))
    return list(report["install"])


def lock(items: Sequence[Mapping[str, Any]], wanted: Resolve) -> Lock:
    """The lock that holds these items. Raises ResolverFailed for what a lock cannot hold."""
    origin = origin_of(wanted.index_url)
    return Lock(
        tuple(_package(item, wanted.root, origin) for item in items),
        requires_python=f">={wanted.python.minor}",
        index_url=wanted.index_url,
        origin=origin,
        as_of=wanted.as_of,
    )


def _package(item: Mapping[str, Any], root: Path, origin: str) -> LockedPackage:
    name = normalised(item["metadata"]["name"])
    source = item["download_info"]
    url = source["url"].replace("/%2Bf/", "/+f/")  # as devpi writes it, before pip quotes it
    if "dir_info" in source:
        editable = bool(source["dir_info"].get("editable"))
        return LockedPackage(name, directory=below(of_uri(url), root), editable=editable)
    sha256 = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    if sha256 is None:
        raise ResolverFailed(f"{name} comes from {url} without a sha256, so it cannot be locked")
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    kind: FileKind = "wheel" if filename.endswith(".whl") else "sdist"
    if item["is_direct"]:
        kind = "archive"
    files = (LockedFile(kind, filename, url, sha256),)
    return LockedPackage(name, item["metadata"]["version"], files, index=index_of(files, origin))


def requirers(items: Sequence[Mapping[str, Any]], python: Version) -> dict[str, tuple[str, ...]]:
    """Who requires what, by normalised names; what was asked for has an empty one among them."""
    found: dict[str, set[str]] = {}
    for item in items:
        name = normalised(item["metadata"]["name"])
        requirers = found.setdefault(name, set())
        if item.get("requested"):
            requirers.add("")
        extras = item.get("requested_extras") or [""]
        for text in item["metadata"].get("requires_dist", ()):
            required = Requirement(text)
            here = {"python_version": f"{python.major}.{python.minor}"}
            if required.marker is None or any(
                required.marker.evaluate({**here, "extra": extra}) for extra in extras
            ):
                found.setdefault(normalised(required.name), set()).add(name)
    return {name: tuple(sorted(names)) for name, names in found.items()}
