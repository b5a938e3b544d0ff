"""A path_partout.conf as a templates.yml.

Differences that remain: fixed text is read in any case there, and numbers are not filled up to
a length (`43` is refused where three characters are wanted).
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Tuple

from pipl_pipe.path.convert.converted import Converted, text_of
from pipl_pipe.path.notations.partout import pattern
from pipl_pipe.path.notations.partout.configuration import Configuration
from pipl_pipe.path.notations.partout.diskpath import DiskPath, start_of
from pipl_pipe.path.notations.partout.document import Location
from pipl_pipe.path.notations.partout.pattern import Pattern, Variable, variables

_COMMENTS = (
    "Converted from {path} by `pipl path convert`.",
    "Fixed text is read in any case here; numbers are not filled up to a length.",
)
_SPECIAL = re.compile(r"[\[\]{}]|@\w")


def to_toolkit(configuration: Configuration, roots: Mapping[str, str]) -> Converted:
    """`roots` (label to folder) name the roots that stand in the file as `{{root:Label}}`."""
    return _Conversion(configuration, roots).made()


class _Unsayable(Exception):
    """Why a label cannot be said in the other notation."""


class _Conversion:
    def __init__(self, configuration: Configuration, roots: Mapping[str, str]) -> None:
        self._configuration = configuration
        self._named = {name: DiskPath.parse(folder) for name, folder in roots.items()}
        self._keys = _key_names(configuration)
        self._used: Dict[Tuple[str, Optional[int]], None] = {}
        self._roots: Dict[str, Dict[str, str]] = {}
        self._left_out: List[str] = []

    def made(self) -> Converted:
        paths: Dict[str, Any] = {}
        strings: Dict[str, Any] = {}
        for name, label in self._configuration.labels.items():
            try:
                root, names = self._rooted(label.location)
                definition = self._definition(names)
            except _Unsayable as reason:
                self._left_out.append(f"{name}: {reason}")
                continue
            paths[name] = {"definition": definition, "root_name": root}
        for name, aggregate in self._configuration.aggregates.items():
            try:
                if name in paths:
                    raise _Unsayable("a label has the same name")
                strings[name] = {"definition": self._definition((aggregate,))}
            except _Unsayable as reason:
                self._left_out.append(f"{name}: {reason}")
        keys = {self._keys[one]: self._key(one) for one in self._keys if one in self._used}
        comments = tuple(
            line.format(path=self._configuration.path.rpartition("/")[2]) for line in _COMMENTS
        )
        sections = {"roots": self._roots, "keys": keys, "paths": paths, "strings": strings}
        text = text_of(sections, comments=(*comments, *(f"Left out: {x}" for x in self._left_out)))
        return Converted(text, tuple(self._left_out), _COMMENTS[1:])

    def _key(self, variable: Tuple[str, Optional[int]]) -> Dict[str, Any]:
        name, length = variable
        key: Dict[str, Any] = {"type": "str"}
        if length is not None:
            key["length"] = length
        if self._keys[variable] != name:
            key["alias"] = name
        return key

    def _rooted(self, location: Location) -> Tuple[str, Tuple[Pattern, ...]]:
        """The name of the root that a location is below, and what follows it."""
        if variables(location.volume):
            raise _Unsayable(f"its volume is a variable, {pattern.written(location.volume)}")
        volume = pattern.written(location.volume)
        fixed: List[str] = []
        for name in location.names:
            if variables(name):
                break
            fixed.append(pattern.written(name))
        whole = DiskPath(volume, tuple(fixed))
        for root, folder in self._named.items():
            if whole.is_in(folder):
                return self._root(root, folder), location.names[len(folder.names) :]
        folder = DiskPath(volume, ())
        if volume == "//":  # a share's host and name are its root
            folder = DiskPath(volume, whole.names[:2])
            if len(folder.names) < 2:
                raise _Unsayable("the name of its share is a variable")
        return self._root(_root_name(folder), folder), location.names[len(folder.names) :]

    def _root(self, name: str, folder: DiskPath) -> str:
        text = folder.posix if folder.names else f"{start_of(folder.volume)}/"
        platforms = ("linux", "darwin") if folder.volume == "/" else ("win32",)
        self._roots.setdefault(name, dict.fromkeys(platforms, text))
        return name

    def _definition(self, names: Tuple[Pattern, ...]) -> str:
        found = [one for name in names for one in variables(name)]
        needed = {one.name for one in found if not one.optional}
        lengths: Dict[str, Optional[int]] = {}
        for one in found:
            if lengths.setdefault(one.name, one.length) != one.length:
                raise _Unsayable(f"the variable {one.name} has several lengths in it")
            self._used[one.name, one.length] = None
        text = ""
        for number, name in enumerate(names):
            slash = "/" if number else ""
            only = name[0] if len(name) == 1 else ""
            if isinstance(only, Variable) and only.optional and only.name not in needed:
                if not number:
                    raise _Unsayable(f"it begins with the folder {only}, which may be missing")
                text += f"[/{self._slot(only)}]"
                continue
            text += slash
            for part in name:
                if isinstance(part, str):
                    if _SPECIAL.search(part):
                        raise _Unsayable(f"{part!r} has a meaning in the other notation")
                    text += part
                elif part.optional and part.name not in needed:
                    text += f"[{self._slot(part)}]"
                else:
                    text += self._slot(part)
        return text

    def _slot(self, variable: Variable) -> str:
        return f"{{{self._keys[variable.name, variable.length]}}}"


def _key_names(configuration: Configuration) -> Dict[Tuple[str, Optional[int]], str]:
    """A key for each variable and length; the first length of a variable has its name."""
    every = [one for document in configuration.documents for one in document.variables()]
    names = {one.name for one in every}
    keys: Dict[Tuple[str, Optional[int]], str] = {}
    for one in every:
        if (one.name, one.length) in keys:
            continue
        name = one.name
        if name in keys.values():
            name = f"{one.name}_{one.length or 'any'}"
            while name in keys.values() or name in names:
                name += "_"
        keys[one.name, one.length] = name
    return keys


def _root_name(folder: DiskPath) -> str:
    """`p` for a drive, `files` for `/`, `server_share` for a share."""
    if folder.volume == "/":
        return "files"
    names = folder.names if folder.volume == "//" else (folder.volume[0].lower(),)
    return re.sub(r"\W", "_", "_".join(names))
