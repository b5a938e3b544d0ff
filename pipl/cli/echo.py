"""Lines to standard output and standard error, for what does without click."""

from __future__ import annotations

import sys
from typing import TextIO


def out(text: str) -> None:
    _put(text, sys.stdout)


def err(text: str) -> None:
    _put(text, sys.stderr)


def _put(text: str, stream: TextIO | None) -> None:
    if stream is not None:  # it was closed, or nobody ever sees it, as under pythonw
        stream.write(f"{text}\n")
        stream.flush()
