"""What is installed in an environment, as its .dist-info folders say (PEP 376, PEP 610)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from pipl.env.venv import Environment


@dataclass(frozen=True)
class Installed:
    """One installed package. `folder` is the one that it is edited in (None: installed from a
    file), `since` when it was installed (seconds since the epoch)."""

    name: str
    version: str
    folder: Path | None
    since: float


def installed(environment: Environment) -> dict[str, Installed]:
    """By normalised name; what a broken installation left behind is passed over."""
    found: dict[str, Installed] = {}
    for info in sorted(environment.site_packages.glob("*.dist-info")):
        distribution = metadata.Distribution.at(info)
        record = info / "RECORD"
        name, *_ = distribution.metadata.get_all("Name") or [""]
        if not name or not record.exists():
            continue
        found[canonicalize_name(name)] = Installed(
            canonicalize_name(name),
            distribution.version,
            _edited_folder(distribution.read_text("direct_url.json")),
            record.stat().st_mtime,
        )
    return found


def _edited_folder(direct_url: str | None) -> Path | None:
    try:
        origin = json.loads(direct_url or "{}")
        if not origin.get("dir_info", {}).get("editable"):
            return None
        return Path(url2pathname(urlsplit(origin["url"]).path))
    except (ValueError, KeyError, AttributeError):
        return None
