"""Knowing that a change of an environment was not finished.

An installer that is killed may leave packages of which a part is there, and takes them for
installed the next time. So a mark stands in the environment while one is at work; where it
is found, everything is installed again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from pipl.env.environment import Environment

_MARK = "pipl-unfinished"


@contextmanager
def change(environment: Environment, *, repairs: bool) -> Iterator[bool]:
    """Around every change; whether an earlier one was not finished.

    `repairs` says that this one then installs everything again; what is left of packages
    that no installer could remove any more is cleared away for it.
    """
    mark = environment.folder / _MARK
    torn = mark.exists()
    if not torn:
        mark.touch()
    elif repairs:
        _clear(environment)
    yield torn
    if repairs or not torn:
        mark.unlink(missing_ok=True)


def is_torn(environment: Environment) -> bool:
    """Whether a change was not finished, and nothing in the environment may be relied on."""
    return (environment.folder / _MARK).exists()


def _clear(environment: Environment) -> None:
    """Remove the .dist-info folders that lack what their installer writes last."""
    for info in environment.site_packages.glob("*.dist-info"):
        if not ((info / "RECORD").exists() and (info / "INSTALLER").exists()):
            shutil.rmtree(info)
