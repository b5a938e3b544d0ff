"""The process that asks the libraries: a request per line on stdin, two answers on stdout.

A request is `{"path": …, "kind": "image" | "usd", "thumbnail": path or ""}`. The answers are
`{"facts": …, "note": …}` and, at once or much later, `{"thumbnail": path or "", "note": …}`:
what was told before a crash is not lost.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, TextIO

from pipl_pipe.asset.facts import image, thumbnail, usd

MAX_MEMORY_BYTES = 8 << 30
"""Of address space: an image that declares more than it holds does not push out the artist."""
MAX_CPU_S = 3600
"""Ends what spins when nobody waits for it any more."""
_OF: Dict[str, Callable[[Path], Dict[str, Any]]] = {"image": image.facts_of, "usd": usd.facts_of}


def main() -> None:
    """Answer until stdin ends. What the libraries print goes to stderr."""
    _limit()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        path, target = Path(request["path"]), request["thumbnail"]
        _answer(answers, "facts", functools.partial(_OF[request["kind"]], path), {})
        _answer(answers, "thumbnail", functools.partial(_thumbnail, path, target), "")


def _thumbnail(path: Path, target: str) -> str:
    return target if target and thumbnail.write(path, Path(target)) else ""


def _answer(answers: TextIO, name: str, ask: Callable[[], Any], nothing: Any) -> None:
    found, note = nothing, ""
    try:
        found = ask()
    except image.Unreadable as fault:
        note = str(fault)
    except ImportError:
        pass  # a library that is missing is no fault of the file's
    except Exception as fault:  # noqa: BLE001  # foreign code, on files from anywhere
        note = f"{type(fault).__name__}: {fault}"[:500]
    answers.write(json.dumps({name: found, "note": note}) + "\n")
    answers.flush()


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows; a limit set lower
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
