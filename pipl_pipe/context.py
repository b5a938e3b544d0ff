"""Which workspace and project the running interpreter belongs to.

pipl writes `pipl.json` into the root of each workspace's environment; this module is where the
framework meets the process it runs in.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional

from pipl_pipe.errors import InvalidContext, NoContext

FORMAT = "pipl-context/1"
NAME = "pipl.json"
VARIABLE = "PIPL_CONTEXT"
"""Names the file for an interpreter that is not the environment's, such as a DCC's own."""
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Context:
    """A workspace as its packls see it.

    `project` is the project's name, `url` its server's, `project_folder` its folder where this
    machine sees it; `index` is `user/name`; `assets` is the asset view; `env_choices` say whose
    env set decides a variable that several contest: variable to distribution.
    """

    workspace: Path
    project: str
    url: str
    project_folder: Optional[Path]
    index: str
    assets: Path
    env_choices: Mapping[str, str] = field(default_factory=dict)


def render(context: Context) -> str:
    """The text of a `pipl.json`."""
    folder = context.project_folder
    content = {
        "format": FORMAT,
        "workspace": str(context.workspace),
        "project": {
            "name": context.project,
            "url": context.url,
            "folder": None if folder is None else str(folder),
        },
        "index": context.index,
        "assets": str(context.assets),
        **({"env_choices": dict(context.env_choices)} if context.env_choices else {}),
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def parse(text: str, *, path: str = NAME) -> Context:
    """Read what `render` wrote. Raises InvalidContext naming `path`."""
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise InvalidContext(path, f"its format is {content['format']!r}, not {FORMAT}")
        project = content["project"]
        folder = project["folder"]
        return Context(
            workspace=Path(content["workspace"]),
            project=str(project["name"]),
            url=str(project["url"]),
            project_folder=None if folder is None else Path(folder),
            index=str(content["index"]),
            assets=Path(content["assets"]),
            env_choices={str(k): str(v) for k, v in content.get("env_choices", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InvalidContext(path, f"{type(fault).__name__}: {fault}") from fault


def read(path: Path) -> Context:
    """Raises InvalidContext."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidContext(str(path), f"larger than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidContext(str(path), str(fault)) from fault
    return parse(text, path=str(path))


def find(environ: Mapping[str, str], prefix: str) -> Path:
    """The file that PIPL_CONTEXT names, else the environment's, else the activated one's.

    Raises NoContext.
    """
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    for folder in (prefix, environ.get("VIRTUAL_ENV", "")):
        if folder and (Path(folder) / NAME).is_file():
            return Path(folder) / NAME
    raise NoContext(prefix)


@functools.lru_cache(maxsize=1)
def current() -> Context:
    """The running interpreter's own, read once. Raises NoContext, InvalidContext."""
    return read(find(os.environ, sys.prefix))
