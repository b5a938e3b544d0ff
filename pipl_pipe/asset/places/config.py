"""The config entry `asset_store`, read into places. All of it is optional:

    {"path": "/mnt/assets/{name}",     # {name} is the project's name, {project} its folder
     "cache": "/var/cache/pipl/assets",          # shared by all projects of a machine
     "cache_gb": 100,                            # 1 GB is 10^9 bytes
     "view": ["reflink", "hardlink", "copy"],    # in the order tried; or "symlink"
     "algorithm": "blake3",
     "remotes": {"studio": {"url": "s3://bucket/prefix", "endpoint": "http://…",
                            "region": "…", "publish": true, "read": true,
                            "jobs": 8, "limit_mb_s": 50}}}

A remote is published to and read from unless it says no; one over http(s) is only read.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Mapping, Tuple
from urllib.parse import urlsplit

from pipl_pipe import caches
from pipl_pipe.asset.digest import ALGORITHMS
from pipl_pipe.asset.objects.laying import DEFAULT_WAYS, WAYS
from pipl_pipe.asset.places import NAME, Places, RemotePlace
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidConfig

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

DEFAULT_PATH = "{project}/system/assets"
MAX_JOBS = 64
_TAKEN = ("store", "cache", "server")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_READ_ONLY_SCHEMES = ("http", "https")
_Kinds = Mapping[str, Tuple[type, ...]]
_TEXT, _NUMBER = (str,), (int, float)
_KEYS: _Kinds = {
    "path": _TEXT,
    "cache": _TEXT,
    "cache_gb": _NUMBER,
    "view": (list, tuple),
    "algorithm": _TEXT,
    "remotes": (dict,),
}
_REMOTE_KEYS: _Kinds = {
    "url": _TEXT,
    "endpoint": _TEXT,
    "region": _TEXT,
    "publish": (bool,),
    "read": (bool,),
    "jobs": (int,),
    "limit_mb_s": _NUMBER,
}
_SAYS = {str: "text", dict: "table", list: "list", bool: "true or false", int: "number"}


def parse(
    config: Mapping[str, Any], here: Context, environ: Mapping[str, str], platform: str = ""
) -> Places:
    """The places that a workspace's config entry means. Raises InvalidConfig."""
    problems = _wrong_kinds(config, _KEYS, "")
    remotes: List[RemotePlace] = []
    tables = config.get("remotes", {})
    for name, table in tables.items() if isinstance(tables, dict) else ():
        found = _remote_problems(name, table)
        problems += found
        if not found:
            url = str(table["url"])
            publish = urlsplit(url).scheme.lower() not in _READ_ONLY_SCHEMES
            filled = {**table, "url": url.replace("{name}", here.project)}
            remotes.append(RemotePlace(**{"name": name, "publish": publish, **filled}))
    problems += _value_problems(config)
    if problems:
        raise InvalidConfig(NAME, tuple(problems))
    path, folder = config.get("path", DEFAULT_PATH), here.project_folder
    inside, seen = "{project}" in path, folder is not None and folder.is_dir()
    store = Path(path.replace("{project}", str(folder)).replace("{name}", here.project))
    cache = config.get("cache")
    limit = config.get("cache_gb")
    own = caches.folder(environ, platform or sys.platform) / "assets"
    return Places(
        project=here.project,
        workspace=here.workspace,
        store=store if not inside or seen else None,
        parents=inside,
        required=not inside and seen,
        cache=Path(cache) if cache else own,
        cache_first=bool(cache),
        cache_bytes=None if limit is None else int(limit * 10**9),
        server=here.url,
        remotes=tuple(remotes),
        view=tuple(config.get("view", DEFAULT_WAYS)),
        algorithm=config.get("algorithm", ""),
        records=own.with_name("records"),
    )


def of_project(name: str, folder: Path, url: str, environ: Mapping[str, str]) -> Places:
    """What a project has without any configuration, `folder` being seen on this machine."""
    here = Context(folder, name, url, folder, "", folder)
    return replace(parse({}, here, environ), workspace=folder)


def _wrong_kinds(table: Mapping[Any, Any], kinds: _Kinds, where: str) -> List[str]:
    problems = []
    for key, value in table.items():
        label = f"{where}{key}"
        if key not in kinds:
            problems.append(f"{label} is unknown")
        elif not isinstance(value, kinds[key]) or (
            isinstance(value, bool) and bool not in kinds[key]
        ):
            problems.append(f"{label} is no {_SAYS[kinds[key][0]]}")
    return problems


def _value_problems(config: Mapping[str, Any]) -> List[str]:
    problems = []
    for key in ("path", "cache"):
        path = config.get(key)
        if isinstance(path, str) and not (path.startswith("{project}") or Path(path).is_absolute()):
            problems.append(f"{key} is not an absolute path")
    if _is_number(config.get("cache_gb")) and not 0 < config["cache_gb"] < 10**9:
        problems.append("cache_gb is not a size")
    view = config.get("view")
    if isinstance(view, (list, tuple)):
        unknown = [f"{one!r}" for one in view if one not in WAYS]
        if unknown:
            problems.append(f"view has {', '.join(unknown)}; there are {', '.join(WAYS)}")
        elif not view or len(set(view)) < len(view):
            problems.append("view is empty or names one twice")
    algorithm = config.get("algorithm")
    if isinstance(algorithm, str) and algorithm not in ALGORITHMS:
        problems.append(f"algorithm is none of {', '.join(ALGORITHMS)}")
    return problems


def _remote_problems(name: Any, table: Any) -> List[str]:
    if not isinstance(name, str) or not _WORD.fullmatch(name) or name in _TAKEN:
        return [f"remotes: {str(name)[:50]!r} is not the name of a remote"]
    if not isinstance(table, dict):
        return [f"remotes.{name} is no table"]
    where = f"remotes.{name}."
    problems = _wrong_kinds(table, _REMOTE_KEYS, where)
    if "url" not in table:
        problems.append(f"{where}url is missing")
    for key in ("url", "endpoint"):
        if isinstance(table.get(key), str):
            problem = _url_problem(table[key], path=key == "url")
            problems += [f"{where}{key} {problem}"] if problem else []
    jobs, limit = table.get("jobs"), table.get("limit_mb_s")
    if _is_number(jobs) and not 1 <= jobs <= MAX_JOBS:
        problems.append(f"{where}jobs is not between 1 and {MAX_JOBS}")
    if _is_number(limit) and not 0 < limit < 10**9:
        problems.append(f"{where}limit_mb_s is not a speed")
    return problems


def _url_problem(url: str, *, path: bool) -> str:
    """What is wrong with an address, without showing it: it may hold a secret."""
    if not _SCHEME.match(url):
        return "" if path and Path(url).is_absolute() else "is neither a URL nor an absolute path"
    try:
        parts = urlsplit(url)
        secret = parts.password is not None
    except ValueError:
        return "is not a URL"
    if secret:
        return "holds a password; give it by the environment of who runs pipl"
    return "has a query" if parts.query else ""


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
