"""What is installed in an environment, as its .dist-info folders say (PEP 376)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pipl.env.edited import edited
from pipl.env.environment import Environment
from pipl.env.locked import normalised


@dataclass(frozen=True)
class Installed:
    """One installed package.

    `folder` is the one that it is edited in (None: installed from a file), `since` when it
    was installed (seconds since the epoch).
    """

    name: str
    version: str
    folder: Path | None
    since: float


def installed(environment: Environment) -> dict[str, Installed]:
    """By normalised name; what a broken installation left behind is passed over."""
    folders = edited(environment)
    found: dict[str, Installed] = {}
    for info in sorted(environment.site_packages.glob("*.dist-info")):
        distribution = metadata.Distribution.at(info)
        record = info / "RECORD"
        stated, *_ = distribution.metadata.get_all("Name") or [""]
        if not stated or not record.exists():
            continue
        name = normalised(stated)
        since = record.stat().st_mtime
        found[name] = Installed(name, distribution.version, folders.get(name), since)
    return found
