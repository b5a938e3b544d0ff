"""Which command a command line is for, where that needs no parser: the plainest forms of a few.

Importing click takes longer than most of what they do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from pipl.cli import everyday

_IS_POSIX = sys.platform != "win32"
"""Elsewhere click expands patterns in arguments, as no shell does there."""


def command_of(arguments: Sequence[str]) -> Callable[[], int | None] | None:
    """The command that these arguments are for; None: click is to say."""
    match list(arguments):
        case ["work", "run", program, *rest] if _are_words(program):
            return lambda: everyday.run(None, (program, *rest))
        case ["work", *given, "--json"]:
            return _of_work(given, as_json=True)
        case ["work", *given]:
            return _of_work(given, as_json=False)
    return None


def _of_work(given: Sequence[str], *, as_json: bool) -> Callable[[], None] | None:
    if given == ["env"]:
        return lambda: everyday.env(None, as_json=as_json)
    from pipl.cli import changing  # slow to import

    match given:
        case ["sync"]:
            return lambda: changing.sync(None, as_json=as_json)
        case ["lock"]:
            return lambda: changing.lock(None, as_json=as_json)
        case ["add", first, *more] if _are_words(first, *more):
            return lambda: changing.add(None, (first, *more), as_json=as_json)
        case ["create", name, *rest] if rest[::2] == ["--add"] * (len(rest) // 2):
            packls = tuple(rest[1::2])
            if _are_words(name, *packls):
                return lambda: changing.create(name, packls=packls, as_json=as_json)
    return None


def _are_words(*texts: str) -> bool:
    """Whether nothing of that means anything else to a parser."""
    return _IS_POSIX and all(text and text[0] != "-" for text in texts)
