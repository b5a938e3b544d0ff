"""Empty packls that require what others do, for resolving as if those read otherwise."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Head:
    """What a resolver reads of a packl; requirements are PEP 508 texts."""

    name: str
    version: str
    requires_python: str
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]


def make(folder: Path, head: Head) -> Path:
    """A new packl below `folder`, of which nothing needs to be built to read it."""
    made = Path(tempfile.mkdtemp(prefix="packl-", dir=folder))  # a stranger chose the name
    lines = [
        "[project]",
        f"name = {_toml(head.name)}",
        f"version = {_toml(head.version)}",
        f"dependencies = {_toml(head.dependencies)}",
    ]
    if head.requires_python:
        lines.append(f"requires-python = {_toml(head.requires_python)}")
    lines.append("[project.optional-dependencies]")
    lines += [f"{_toml(extra)} = {_toml(texts)}" for extra, texts in head.extras.items()]
    lines += ["[build-system]", 'requires = ["setuptools"]', "[tool.setuptools]", "packages = []"]
    (made / "pyproject.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return made


def _toml(value: str | tuple[str, ...]) -> str:
    """A string or a list of strings: written as in JSON, but for DEL."""
    return json.dumps(value).replace("\x7f", "\\u007f")
