"""A templates.yml as a path_partout.conf, where that can be expressed.

A tree knows texts of any or of one length, and single variables that may be missing. What a key
limits further (choices, filters, numbers) is widened to that; a section with fixed text or with
several keys, and a key that transforms its values, cannot be said.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from pipl_pipe.path.convert.converted import Converted, text_of
from pipl_pipe.path.keys import IntegerKey, SequenceKey, StringKey, TimestampKey
from pipl_pipe.path.notations.toolkit import Template, TemplatePath
from pipl_pipe.path.parts import Key, Part, Parts, Section, Slot, Text, slots

_COMMENT = "Converted from {path} by `pipl path convert`; case counts here."


def to_partout(templates: Mapping[str, Template], path: str) -> Converted:
    """Paths with their roots of the platform they were loaded for; strings become aggregates."""
    left_out: List[str] = []
    changed: Dict[str, None] = {}
    tree = _Tree()
    aggregates: Dict[str, str] = {}
    for name, template in templates.items():
        try:
            if isinstance(template, TemplatePath):
                root = template.root_path or next(iter(template.compiled.prefixes))
                if not root:
                    raise _Unsayable("its root is no folder on any platform")
                components = _components(template.compiled.parts, changed)
                tree.add(name, root.rstrip("/"), components)
            else:
                aggregates[name] = "/".join(_components(template.compiled.parts, changed))
        except _Unsayable as reason:
            left_out.append(f"{name}: {reason}")
    notes = (_COMMENT.format(path=path), *(f"Left out: {one}" for one in left_out))
    text = text_of({"trees": tree.folders, "aggregates": aggregates}, comments=notes)
    return Converted(text, tuple(left_out), tuple(changed))


class _Unsayable(Exception):
    """Why a template cannot be said in the other notation."""


class _Tree:
    """Folders and labels in nested dicts, a label's value being a text."""

    def __init__(self) -> None:
        self.folders: Dict[str, Any] = {}

    def add(self, label: str, root: str, components: List[str]) -> None:
        folder = self._into(self.folders, root or "/")
        for name in components[:-1]:
            folder = self._into(folder, name)
        name = components[-1] if components else ""
        if isinstance(folder.get(label), dict):  # a folder of the label's name is in the way
            folder, name = self._into(folder, name), ""
        if label in folder or isinstance(folder.get(name), str):
            raise _Unsayable(f"a folder beside it has the name {label!r}")
        folder[label] = name

    def _into(self, folder: Dict[str, Any], name: str) -> Dict[str, Any]:
        found = folder.setdefault(name, {})
        if not isinstance(found, dict):
            raise _Unsayable(f"the template {name!r} and a folder have one name")
        return found


def _components(parts: Parts, changed: Dict[str, None]) -> List[str]:
    """The texts between separators. Raises _Unsayable."""
    needed = {key.name for key, within in slots(parts) if not within}
    keys: Dict[str, Key] = {}
    text = ""
    for number, part in enumerate(parts):
        if isinstance(part, Text):
            if "{" in part.text or "}" in part.text:
                raise _Unsayable(f"{part.text!r} has a meaning in the other notation")
            text += part.text
        elif isinstance(part, Slot):
            text += _variable(part.key, optional=False, changed=changed)
        else:
            text += _section(part, parts[number + 1 : number + 2], text, needed, changed)
    for key, _ in slots(parts):
        if _length(keys.setdefault(key.name, key)) != _length(key):
            raise _Unsayable(f"the key {key.name!r} has several lengths in it")
    components = text.split("/") if text else []
    if any(one in ("", ".", "..") for one in components):
        raise _Unsayable(f"{text!r} has a folder without a name")
    return components


def _section(
    section: Section, after: Tuple[Part, ...], before: str, needed: "set[str]",
    changed: Dict[str, None],
) -> str:  # fmt: skip
    parts = section.parts
    slash = ""
    if len(parts) == 2 and isinstance(parts[0], Text) and parts[0].text == "/":
        follows = after[0] if after else Text("/")
        if isinstance(follows, Text) and follows.text.startswith("/") and before:
            slash, parts = "/", parts[1:]
    if len(parts) != 1 or not isinstance(parts[0], Slot):
        raise _Unsayable("an optional section holds more than a single key")
    if not slash and (before.endswith("/") or not before):
        raise _Unsayable("an optional section begins a name")
    if parts[0].key.name in needed:
        raise _Unsayable(f"the key {parts[0].key.name!r} is optional and needed")
    return slash + _variable(parts[0].key, optional=True, changed=changed)


def _variable(key: Key, *, optional: bool, changed: Dict[str, None]) -> str:
    name = key.name
    if not name or not all(one.isascii() and (one.isalnum() or one == "_") for one in name):
        raise _Unsayable(f"{name!r} is no name of a variable")
    length = _length(key)
    _note(key, changed)
    return f"{{{{{name}{'?' if optional else ''}{'' if length is None else f':{length}'}}}}}"


def _length(key: Key) -> Optional[int]:
    if isinstance(key, StringKey):
        return key.length
    if isinstance(key, IntegerKey):  # also frames
        spec = key.format_spec
        padded = key.strict_matching and spec is not None and spec.startswith("0")
        return key.length or (int(str(spec)) if padded and int(str(spec)) > 1 else None)
    return None


def _note(key: Key, changed: Dict[str, None]) -> None:
    """Say what is widened. Raises _Unsayable for a key that transforms its values."""
    if isinstance(key, StringKey) and key.subset:
        raise _Unsayable(f"the key {key.name!r} takes a part of its values only")
    what: List[str] = []
    if isinstance(key, SequenceKey):
        what.append("a frame is any text of that length")
    elif isinstance(key, IntegerKey):
        what.append("a number is any text of its length")
    elif isinstance(key, TimestampKey):
        what.append("a time is any text")
    elif isinstance(key, StringKey) and key.filter_by:
        what.append(f"the filter {key.filter_by!r} does not hold")
    for setting in ("choices", "exclusions"):
        if getattr(key, setting, None):
            what.append(f"its {setting} do not hold")
    if key.has_default() and not isinstance(key, (SequenceKey, TimestampKey)):
        what.append("it has no default")
    for one in what:
        changed[f"{key.name}: {one}"] = None
