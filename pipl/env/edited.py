"""Which packages of an environment are edited in place (PEP 610)."""

from __future__ import annotations

import json
from pathlib import Path

from pipl.env.environment import Environment
from pipl.env.locked import normalised
from pipl.env.paths import of_uri


def edited(environment: Environment) -> dict[str, Path]:
    """The folder of each, by normalised name."""
    found: dict[str, Path] = {}
    for path in environment.site_packages.glob("*.dist-info/direct_url.json"):
        folder = _edited_folder(path)
        if folder is not None:
            found[normalised(path.parent.name.partition("-")[0])] = folder
    return found


def _edited_folder(direct_url: Path) -> Path | None:
    try:
        origin = json.loads(direct_url.read_text(encoding="utf-8"))
        return of_uri(origin["url"]) if origin.get("dir_info", {}).get("editable") else None
    except (OSError, ValueError, KeyError, AttributeError):  # whatever, pipl did not write it
        return None
