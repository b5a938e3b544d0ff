"""A lock from pip's installation report (version 1 of its documented format)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipl.env.install import Resolve
from pipl.env.lock import Lock, LockedFile, LockedPackage, origin_of
from pipl.env.locked import FileKind, normalised
from pipl.env.paths import below, of_uri
from pipl.errors import ResolverFailed


def read(path: Path) -> list[Mapping[str, Any]]:
    """What pip would install, one item per package."""
    report = json.loads(path.read_text(encoding="utf-8"))
    return list(report["install"])


def lock(items: Sequence[Mapping[str, Any]], wanted: Resolve) -> Lock:
    """The lock that holds these items. Raises ResolverFailed for what a lock cannot hold."""
    return Lock(
        tuple(_package(item, wanted.root) for item in items),
        requires_python=f">={wanted.python.minor}",
        index_url=wanted.index_url,
        origin=origin_of(wanted.index_url),
        as_of=wanted.as_of,
    )


def _package(item: Mapping[str, Any], root: Path) -> LockedPackage:
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
    return LockedPackage(
        name, item["metadata"]["version"], (LockedFile(kind, filename, url, sha256),)
    )
