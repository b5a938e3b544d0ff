"""Small TOML files that pipl owns: read with a clear error, written whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tomli

from pipl import durable
from pipl.errors.usage import InvalidFile, NotWritable

MAX_BYTES = 1_000_000


def read(path: Path) -> dict[str, object]:
    """The plain values of a TOML file. Raises InvalidFile (unreadable, malformed, huge)."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidFile(str(path), f"larger than {MAX_BYTES} bytes")
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:  # every TOML error is a ValueError
        raise InvalidFile(str(path), str(fault)) from fault


def write(path: Path, values: Mapping[str, object], *, comment: str = "") -> None:
    """Replace the file by `values` (None is left out), whole or not at all."""
    import tomli_w  # most commands only read

    head = f"# {comment}\n" if comment else ""
    given = {key: value for key, value in values.items() if value is not None}
    try:
        durable.write_text(path, head + tomli_w.dumps(given))
    except OSError as fault:
        raise NotWritable(str(path), fault.strerror or str(fault)) from fault


def text(values: Mapping[str, object], key: str, path: Path, default: str | None = None) -> str:
    """The string under `key`. Raises InvalidFile where it is no string, or missing and needed."""
    value = values.get(key, default)
    if not isinstance(value, str):
        raise InvalidFile(str(path), f"`{key}` must be a string")
    return value


def texts(values: Mapping[str, object], key: str, path: Path) -> tuple[str, ...]:
    """The list of strings under `key`, empty where missing. Raises InvalidFile otherwise."""
    value = values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidFile(str(path), f"`{key}` must be a list of strings")
    return tuple(value)
