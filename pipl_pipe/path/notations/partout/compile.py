"""Locations and aggregates of a tree as templates of the engine.

Seed document of Path Partout, on variables: a value is a text of any characters but separators,
of exactly the length given; case counts. A variable may stand in several lengths (the episode
of the document does): numbers then agree but for leading zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

from pipl_pipe.errors import AmbiguousPath, InvalidValue
from pipl_pipe.path.characters import ANYTHING
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.notations.partout.diskpath import start_of
from pipl_pipe.path.notations.partout.document import Location
from pipl_pipe.path.notations.partout.pattern import Pattern, Variable, fitted, variables, written
from pipl_pipe.path.parts import Key, Part, Parts, Run, Section, Shape, Slot, Text

Info = Dict[str, Optional[str]]
"""Variable to value; None where it has none."""


@dataclass(frozen=True)
class VariableKey:
    """The values of a variable at one length. `name` is the variable's, with the length where
    it stands in several."""

    name: str
    length: Optional[int]
    is_exact: bool = True

    @property
    def shape(self) -> Shape:
        return (Run(ANYTHING, self.length or 1, self.length),)

    def read(self, text: str) -> str:
        """Raises InvalidValue."""
        if text in (".", ".."):
            raise InvalidValue(self.name, repr(text), "it means another folder")
        return text

    def write(self, value: Any) -> str:
        """A text, or a number, which is filled up to the length. Raises InvalidValue."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        problem = ""
        if not isinstance(value, str) or not value:
            problem = "it is no text"
        else:
            value = fitted(value, self.length)
            if value in (".", ".."):
                problem = "it means another folder"
            elif any(character not in ANYTHING for character in value):
                problem = "it holds a separator or NUL"
            elif self.length is not None and len(value) != self.length:
                problem = f"it has {len(value)} characters, not {self.length}"
        if problem:
            raise InvalidValue(self.name, repr(value)[:100], problem)
        return str(value)

    def has_default(self) -> bool:
        return False

    @property
    def default(self) -> None:
        return None


class Expression:
    """A text with variables that is read and written: a label's path key, or an aggregate."""

    def __init__(self, name: str, patterns: Tuple[Pattern, ...], prefix: str = "") -> None:
        """The `patterns` are joined by `/` and follow the prefix. Raises InvalidTemplate."""
        self.name = name
        self.variables: Tuple[Variable, ...] = tuple(
            variable for one in patterns for variable in variables(one)
        )
        self._keys = _keys(self.variables)
        self._needed = {one.name for one in self.variables if not one.optional}
        self._prefix = prefix
        self._lengths = {key.name: (name, length) for (name, length), key in self._keys.items()}
        self._names = tuple(dict.fromkeys(one.name for one in self.variables))
        agree = self._agree if len(self._lengths) > len(self._names) else None
        prefixes = (prefix,) if prefix else ()
        self.compiled = Compiled(name, self._parts(patterns), prefixes, agree)

    @classmethod
    def of(cls, name: str, location: Location) -> Expression:
        """What reads and writes the `key` of a DiskPath. A drive's letter is read in any case."""
        if variables(location.volume):
            return cls(name, (location.volume, *location.names))
        start = start_of(written(location.volume))
        first = location.names[0] if location.names else ()
        if any(isinstance(one, str) or not one.optional for one in first):
            return cls(name, location.names, f"{start}/")
        return cls(name, ((), *location.names), start)  # the first slash may be left out too

    def read(self, text: str, known: Mapping[str, Optional[str]]) -> Info:
        """Every variable's value; None for one that is left out.

        What is `known` only decides where a text can be read in several ways. Raises
        PathMismatch, AmbiguousPath, PathTooLong.
        """
        try:
            fields = self.compiled.read(text)
        except AmbiguousPath:
            given = {
                key: value
                for key, (name, length) in self._lengths.items()
                if (value := fitted(str(known.get(name) or ""), length))
            }
            readings = self.compiled.readings(text, given) if given else []
            if len(readings) != 1:
                raise
            fields = readings[0]
        merged = self._merged(fields)
        assert merged is not None, text  # no reading disagrees
        return merged

    def write(self, info: Mapping[str, Any]) -> str:
        """Raises MissingFields, InvalidValue, PathTooLong. Numbers are filled up to a length."""
        return self._prefix + self.compiled.write(self.by_key(info))

    def by_key(self, info: Mapping[str, Any]) -> Dict[str, Any]:
        """The values that are given, by the names of the compiled keys: one for each length."""
        values = ((key, info.get(name)) for key, (name, _) in self._lengths.items())
        return {key: value for key, value in values if value not in (None, "")}

    @property
    def keys(self) -> Dict[str, Key]:
        """By variable; of one that stands in several lengths, the first."""
        found: Dict[str, Key] = {}
        for (name, _), key in self._keys.items():
            found.setdefault(name, key)
        return found

    def missing(self, info: Mapping[str, Any]) -> List[str]:
        """The variables that are needed and have no value, in order."""
        given = (name for name in self._names if name in self._needed)
        return [name for name in given if info.get(name) in (None, "")]

    def _agree(self, fields: Mapping[str, str]) -> bool:
        return self._merged(fields) is not None

    def _merged(self, fields: Mapping[str, str]) -> Optional[Info]:
        """One value for each variable, from which all of its places would be written so; None
        where there is none for one of them."""
        if len(self._lengths) == len(self._names):
            return {name: fields.get(name) for name in self._names}
        info: Info = {}
        for key, (name, length) in self._lengths.items():
            if key in fields and (info.get(name) is None or length is None):
                info[name] = fields[key]
            info.setdefault(name, None)
        for key, (name, length) in self._lengths.items():
            value = info[name]
            if fields.get(key) != (None if value is None else fitted(value, length)):
                return None
        return info

    def _key(self, variable: Variable) -> VariableKey:
        return self._keys[variable.name, variable.length]

    def _is_optional(self, one: Variable) -> bool:
        """It is, and nothing else in the expression needs it anyway."""
        return one.optional and one.name not in self._needed

    def _parts(self, patterns: Tuple[Pattern, ...]) -> Parts:
        parts: List[Part] = []
        literal = ""
        for number, names in enumerate(patterns):
            slash = "/" if number else ""
            only = names[0] if len(names) == 1 else ""
            if slash and isinstance(only, Variable) and self._is_optional(only):
                parts += [Text(literal)] if literal else []
                literal = ""
                parts.append(Section((Text(slash), Slot(self._key(only)))))
                continue
            literal += slash
            for one in names:
                if isinstance(one, str):
                    literal += one
                    continue
                parts += [Text(literal)] if literal else []
                literal = ""
                slot = Slot(self._key(one))
                parts.append(Section((slot,)) if self._is_optional(one) else slot)
        return tuple((*parts, Text(literal)) if literal else parts)


def _keys(found: Tuple[Variable, ...]) -> Dict[Tuple[str, Optional[int]], VariableKey]:
    lengths: Dict[str, Dict[Optional[int], None]] = {}
    for one in found:
        lengths.setdefault(one.name, {})[one.length] = None
    return {
        (name, length): VariableKey(name if len(its) == 1 else f"{name}:{length}", length)
        for name, its in lengths.items()
        for length in its
    }
