"""The wheel of pipl-pipe, made from the `pipl_pipe` that is installed with this pipl."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

if TYPE_CHECKING:
    from importlib.abc import Traversable  # where Python 3.10 has it

PACKAGE = "pipl_pipe"
_PYPROJECT = "pyproject.toml"
_BESIDE_CODE = (_PYPROJECT, "py.typed")


def build_pipe_wheel(out: Path) -> Path:
    """Write pipl-pipe's wheel into the folder `out`: offline, and the same bytes each time.

    What it says of itself comes from the pyproject.toml inside the package.
    """
    package = files(PACKAGE)
    text = (package / _PYPROJECT).read_text(encoding="utf-8")
    project = tomli.loads(text)["project"]
    path = out / wheel_name(project["name"], project["version"])
    write_wheel(
        path,
        name=project["name"],
        version=project["version"],
        files=dict(_content(package, PACKAGE)),
        metadata=_metadata(project),
        entry_points={"console_scripts": project["scripts"], **project["entry-points"]},
    )
    return path


def _metadata(project: dict[str, Any]) -> Metadata:
    return Metadata(
        summary=project["description"],
        requires=tuple(project["dependencies"]),
        requires_python=project["requires-python"],
        license_expression=project["license"],
        keywords=tuple(project["keywords"]),
        classifiers=tuple(project["classifiers"]),
        description=project["readme"]["text"],
        description_content_type=project["readme"]["content-type"],
    )


def _content(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Code and what belongs to it, not what tools leave beside it."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = f"{prefix}/{entry.name}"
        if entry.is_dir():
            yield from _content(entry, name)
        elif entry.name.endswith(".py") or entry.name in _BESIDE_CODE:
            yield name, entry.read_bytes()
