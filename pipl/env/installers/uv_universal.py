"""Resolving with uv for several platforms at once, and telling their markers from the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pipl.env.interpreter import Interpreter
from pipl.env.platforms import PLATFORMS


def prepare(folder: Path, platforms: Sequence[str], python: Interpreter) -> None:
    """Write into `folder`, where uv then has to run, for what it shall resolve."""
    markers = [f"{PLATFORMS[one]} and python_version == '{python.minor}'" for one in platforms]
    listed = ", ".join(f'"{marker}"' for marker in markers)
    (folder / "pyproject.toml").write_text(
        f"[tool.uv]\nenvironments = [{listed}]\n", encoding="utf-8"
    )


def own_marker(marker: str | None, platforms: Sequence[str], python: Interpreter) -> str | None:
    """A marker without what holds for all that was resolved for; None: needed everywhere.

    uv writes the Python and the platforms into each of them.
    """
    if marker is None:
        return None
    release = re.escape(python.minor)
    language = rf"python_(full_)?version == ['\"]{release}(\.\*)?['\"]"
    rest = re.sub(rf"\A{language}( and |\Z)", "", marker)
    if rest.startswith("(") and rest.endswith(")") and rest.count("(") == 1:
        rest = rest[1:-1]
    everywhere = {PLATFORMS[one] for one in platforms}
    if not rest or set(rest.replace('"', "'").split(" or ")) == everywhere:
        return None
    return rest
