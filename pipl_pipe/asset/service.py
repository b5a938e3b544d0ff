"""The built-in `asset_store` service: the project's folder where it is seen, else its server.

Config entry `asset_store`, all optional:

    {"path": "/mnt/assets/{name}",        # {name} is the project's name, {project} its folder
     "cache": "/var/cache/pipl/assets"}   # where a machine keeps what it fetched
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Mapping, Optional

from pipl_pipe import context
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidConfig

NAME = "asset_store"
DEFAULT_PATH = "{project}/system/assets"
_KEYS = ("path", "cache")


def asset_store(config: Optional[Mapping[str, Any]] = None) -> AssetStore:
    """The service's factory. Raises NoContext, InvalidConfig."""
    return choose(config or {}, context.current(), os.environ)


def choose(config: Mapping[str, Any], here: Context, environ: Mapping[str, str]) -> AssetStore:
    """The store that a workspace uses: over http where its path lies in a project unseen here."""
    problems = tuple(
        f"{key} is no text" if key in _KEYS else f"{key} is unknown"
        for key, value in config.items()
        if key not in _KEYS or not isinstance(value, str)
    )
    if problems:
        raise InvalidConfig(NAME, problems)
    path = config.get("path", DEFAULT_PATH)
    folder = here.project_folder
    inside = "{project}" in path
    if not inside or (folder is not None and folder.is_dir()):
        filled = path.replace("{project}", str(folder)).replace("{name}", here.project)
        return FolderStore(Path(filled), parents=inside)
    from pipl_pipe.asset.stores.http import HttpStore  # loads urllib, which most runs do without

    cache = Path(config["cache"]) if "cache" in config else cache_folder(environ, sys.platform)
    return HttpStore(here.url, cache)


def cache_folder(environ: Mapping[str, str], platform: str) -> Path:
    """This machine's cache: PIPL_CACHE_DIR, else where the platform keeps caches."""
    if environ.get("PIPL_CACHE_DIR"):
        return Path(environ["PIPL_CACHE_DIR"]) / "assets"
    home = Path.home()
    if platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "pipl" / "assets"
