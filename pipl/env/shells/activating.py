"""`python pipl-activate SHELL`: what an activate script reads, run in the environment itself.

It knows the environment by where it lies, so that a moved one is right too.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipl.env.shells import changes
from pipl.env.shells.cmd import NEW, undoing
from pipl.env.shells.known import SHELLS
from pipl_pipe.variables import NAMES, Operation, names

SETTLED = "pipl-settled.json"
CONTEXT = "pipl.json"
BACK = "--back"
_UNSHOWN = re.compile(r"[^\w.+=@:/ -]")


def main(arguments: Sequence[str]) -> None:
    """Print an activation, or with `--back` what takes one back that is in the variables."""
    environment = Path(sys.argv[0]).resolve().parent
    environ = dict(os.environ)
    shell = SHELLS[arguments[0]]
    undone = undoing(environ)
    if BACK in arguments:
        text = shell.statements(undone)
    else:
        first = shell.statements(undone) if NEW in environ else ""  # activated over another
        environ = changes.made(undone, environ)
        operations = _operations(environment)
        own = identity(_read(environment / CONTEXT), environ, operations)
        made = changes.of(operations, environ, own)
        before = changes.back(made, environ)
        text = first + shell.activation(made, before, own["VIRTUAL_ENV_PROMPT"])
    encoding = "utf-8" if os.name == "nt" else sys.getfilesystemencoding()
    sys.stdout.buffer.write(text.encode(encoding, errors="surrogateescape"))


def identity(
    context: Mapping[str, Any], environ: Mapping[str, str], operations: Sequence[Operation]
) -> dict[str, str]:
    """The variables that say which workspace this is; an empty one is to be removed."""
    workspace = str(context.get("workspace", ""))
    task, overlay = str(context.get("task", "")), environ.get("PIPL_OVERLAY", "")
    name = re.split(r"[\\/]", workspace)[-1] or environ.get("VIRTUAL_ENV_PROMPT", "")
    shown = " ".join(filter(None, [name, task, overlay and f"overlay {overlay}"]))
    return {
        "PIPL_WORKSPACE": workspace,
        "PIPL_TASK": task,
        NAMES: names(operations),
        "VIRTUAL_ENV_PROMPT": _UNSHOWN.sub("?", shown),
    }


def _operations(environment: Path) -> list[Operation]:
    found = _read(environment / SETTLED).get("env", ())
    known = Operation.__dataclass_fields__
    return [Operation(**{key: one[key] for key in one if key in known}) for one in found]


def _read(path: Path) -> dict[str, Any]:
    """Empty where there is no such file: the activation itself shall not fail."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
