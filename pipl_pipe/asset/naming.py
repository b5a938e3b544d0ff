"""Basenames of assets, made and read by the template that their type names.

A type's `naming` is a definition in Toolkit's notation over the keys `product`, `name`,
`extension` and `source` (the basename of what the asset is made from), or `@template`, a string
of the `path` service. Both are the type's convention; nothing else in pipl makes basenames
(docs/decisions/0014).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Mapping, Optional

from pipl_pipe import registry
from pipl_pipe.errors import PathMismatch
from pipl_pipe.path.keys import StringKey
from pipl_pipe.path.notations.toolkit import TemplateString

KEYS = {name: StringKey(name) for name in ("product", "name", "extension", "source")}


def made(naming: str, fields: Mapping[str, str]) -> str:
    """The basename of these fields; those that are empty count as not given.

    Raises InvalidTemplate, UnknownTemplate, MissingFields, InvalidValue, PathTooLong.
    """
    given = {name: text for name, text in fields.items() if text}
    basename: str = _template(naming).apply_fields(given)
    return basename


def read(naming: str, basename: str, extension: str) -> Dict[str, Any]:
    """The fields of a basename that `made` gave; a type knows its `extension`, if it has one.

    Raises InvalidTemplate, UnknownTemplate, PathMismatch, AmbiguousPath.
    """
    template = _template(naming)
    known = {"extension": extension} if extension and "extension" in template.keys else {}
    fields: Optional[Dict[str, Any]] = template.validate_and_get_fields(basename, known)
    if fields is None:
        raise PathMismatch(naming, basename[:300], 0)
    return fields


def _template(naming: str) -> Any:
    if naming.startswith("@"):
        return registry.get("path").templates[naming[1:]]
    return _own(naming)


@lru_cache(maxsize=256)
def _own(naming: str) -> TemplateString:
    return TemplateString(naming, KEYS, naming)
