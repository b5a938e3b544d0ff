"""The names that packls may have."""

from __future__ import annotations

import keyword
import re

from packaging.utils import canonicalize_name

from pipl.errors.usage import InvalidName

_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def check_package_name(name: str) -> str:
    """Return `name` if it can be imported and published. Raises InvalidName."""
    if not _PACKAGE.fullmatch(name):
        raise InvalidName(name, "a packl's name must be importable")
    if keyword.iskeyword(name):
        raise InvalidName(name, "it is a word of the Python language")
    if canonicalize_name(name) in ("pipl", "pipl-pipe"):
        raise InvalidName(name, "it is pipl's own")
    return name


def distribution_name(package: str) -> str:
    """The name on the index of an importable package: `hero_model` gives `hero-model`."""
    return canonicalize_name(package)
