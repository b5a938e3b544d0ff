"""What packages declare in their METADATA: whom they require, and which Pythons they admit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipl.env.environment import Environment
from pipl.env.locked import normalised

MAX_BYTES = 4_000_000
MAX_REQUIRES = 5_000


@dataclass(frozen=True)
class Declared:
    """The head of a METADATA file; `requires` are PEP 508 texts, `folder` its .dist-info.

    `name` is normalised, `version` as it is written there. `folder` is None for what was not
    read from an environment.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    folder: Path | None = None


def parse(text: str, folder: Path | None = None) -> Declared | None:
    """Read a METADATA file (core metadata); None where it names no package."""
    name, version, python = "", "", ""
    requires: list[str] = []
    for key, value in _head(text):
        if key == "requires-dist":
            requires.append(value)
        elif key == "name":
            name = name or normalised(value)
        elif key == "version":
            version = version or value
        elif key == "requires-python":
            python = python or value
    if not name or not version:
        return None
    return Declared(name, version, tuple(requires[:MAX_REQUIRES]), python, folder)


def of_environment(environment: Environment) -> dict[str, Declared]:
    """What is installed, by normalised name; what cannot be read is passed over."""
    found: dict[str, Declared] = {}
    site_packages = environment.site_packages
    try:
        names = sorted(os.listdir(site_packages))  # noqa: PTH208  # these are read all the time
    except OSError:
        return found
    for name in names:
        if not name.endswith(".dist-info"):
            continue
        try:
            with open(f"{site_packages}/{name}/METADATA", "rb") as file:  # noqa: PTH123
                text = file.read(MAX_BYTES).decode("utf-8", errors="replace")
        except OSError:
            continue
        declared = parse(text, site_packages / name)
        if declared is not None:
            found[declared.name] = declared
    return found


def _head(text: str) -> Iterator[tuple[str, str]]:
    """The headers: lower-case names with their values, continued lines joined."""
    key, value = "", ""
    for line in text.splitlines():
        if not line.strip():
            break
        if line[0] in " \t":
            value += " " + line.strip()
            continue
        if key:
            yield key, value
        name, _, rest = line.partition(":")
        key, value = name.strip().lower(), rest.strip()
    if key:
        yield key, value
