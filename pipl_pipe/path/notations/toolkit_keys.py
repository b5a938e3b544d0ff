"""The `keys:` of a templates.yml."""

from __future__ import annotations

from typing import Any, Dict, List, Type

from pipl_pipe.errors import InvalidKey
from pipl_pipe.path.document import Node
from pipl_pipe.path.keys import IntegerKey, SequenceKey, StringKey, TemplateKey, TimestampKey

_SHARED = ("default", "choices", "shotgun_entity_type", "shotgun_field_name", "exclusions")
_TYPES: Dict[str, Type[Any]] = {
    "str": StringKey,
    "int": IntegerKey,
    "sequence": SequenceKey,
    "timestamp": TimestampKey,
}
_SETTINGS = {
    "str": (*_SHARED, "abstract", "length", "filter_by", "subset", "subset_format"),
    "int": (*_SHARED, "abstract", "length", "format_spec", "strict_matching"),
    "sequence": (*_SHARED, "format_spec"),
    "timestamp": ("default", "format_spec"),
}


def keys(nodes: Dict[str, Node], problems: List[str]) -> Dict[str, TemplateKey]:
    """Name in braces to key; what is wrong is appended to `problems`, with its place."""
    found: Dict[str, TemplateKey] = {}
    for name, node in nodes.items():
        key = _key(name, node, problems)
        if key is not None:
            found[name] = key
    return found


def _key(name: str, node: Node, problems: List[str]) -> "TemplateKey | None":
    settings = {setting: (at, value) for setting, at, value in node.items()}
    if "type" not in settings:
        problems.append(f"{node.place}: the key {name!r} has no type: {_known(_TYPES)}")
        return None
    at, kind = settings.pop("type")
    if not isinstance(kind.value, str) or kind.value not in _TYPES:
        problems.append(
            f"{kind.place}: the key {name!r} has the unknown type {kind.plain()!r};"
            f" there are: {_known(_TYPES)}"
        )
        return None
    allowed = (*_SETTINGS[kind.value], "alias", *(["abstract"] if kind.value == "sequence" else []))
    values: Dict[str, Any] = {}
    for setting, (at, value) in settings.items():
        if setting not in allowed:
            problems.append(
                f"{at.place}: the key {name!r} of type {kind.value} has no {setting!r};"
                f" there are: {_known(allowed)}"
            )
        elif value.value is not None:
            values[setting] = value.plain()
    if kind.value == "sequence" and values.pop("abstract", True) is not True:
        problems.append(f"{node.place}: the key {name!r} is a sequence, which is always abstract")
    alias = values.pop("alias", name)
    try:
        made: TemplateKey = _TYPES[kind.value](alias, **values)
    except InvalidKey as fault:
        problems.append(f"{node.place}: the key {name!r}: {fault.problem}")
        return None
    return made


def _known(names: Any) -> str:
    return ", ".join(names)
