"""Lines to standard output and standard error, for what does without click."""

from __future__ import annotations

import sys


def out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def err(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
