"""What all of Toolkit's templates have in common (seed document 001, 'Template')."""

from __future__ import annotations

import os
from typing import Any, Collection, Dict, FrozenSet, List, Mapping, Optional, Union

from pipl_pipe.errors import AmbiguousPath, PathMismatch
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.notations import toolkit_definition
from pipl_pipe.path.notations.toolkit_skip import without
from pipl_pipe.path.parts import Fields, Key
from pipl_pipe.path.text import shown

PathLike = Union[str, bytes, "os.PathLike[str]"]
MAX_READINGS = 16


class Template:
    """Fields to text and text to fields; use TemplatePath or TemplateString.

    Rules that the document leaves open:

    * A key that stands twice has the same text in both places.
    * Fixed text and roots are read in any case; values keep theirs.
    * Values are data: `%`, `[`, `]`, `*` and the like mean nothing in them. One with a
      separator or NUL, and one that is `.` or `..`, is refused, written or read.
    * A section is written if each key directly in it is given; defaults do not count there.
    * A text that can be read in two ways is refused by all that returns fields, with both
      readings (AmbiguousPath), and is valid.
    """

    def __init__(
        self, definition: str, keys: Mapping[str, Key], name: Optional[str] = None
    ) -> None:
        """`keys` maps the names in braces. Raises InvalidTemplate."""
        self._definition = definition
        self._given_keys = dict(keys)
        self._name = name or definition
        self._compiled = self._made()
        self._skipping: Dict[FrozenSet[str], Compiled] = {}

    @property
    def name(self) -> str:
        """The name in the catalog; the definition where it has none."""
        return self._name

    @property
    def compiled(self) -> Compiled:
        """What the engine made of it."""
        return self._compiled

    @property
    def definition(self) -> str:
        """Such as `shots/{Shot}/{Step}/pub/{name}.v{version}.ma`."""
        return self._definition

    @property
    def keys(self) -> Dict[str, Any]:
        """Field name to key, in the definition's order."""
        return dict(self._compiled.keys)

    def by_key(self, fields: Mapping[str, Any]) -> Dict[str, Any]:
        """The values that are given, by the names of the compiled keys: those of the fields."""
        return {name: value for name, value in fields.items() if value is not None}

    @property
    def parent(self) -> Optional[Template]:
        """The template of the folder that holds it, if there is such a thing."""
        raise NotImplementedError

    def is_optional(self, key_name: str) -> bool:
        """The key stands in sections only. A key that the template does not have: False."""
        return key_name in self._compiled.optional

    def missing_keys(self, fields: Mapping[str, Any], skip_defaults: bool = False) -> List[str]:
        """Needed keys that are not in `fields` or None there, in the definition's order.

        With `skip_defaults`, those with a default are not missing.
        """
        return self._compiled.missing(fields, skip_defaults=skip_defaults)

    def apply_fields(self, fields: Mapping[str, Any], platform: Optional[str] = None) -> str:
        """The text of these fields; those of no key of the template do not count.

        Raises MissingFields, InvalidValue, PathTooLong.
        """
        return self._compiled.write(fields)

    def get_fields(
        self, input_path: PathLike, skip_keys: Optional[Collection[str]] = None
    ) -> Fields:
        """Field name to value, in the definition's order.

        What stands for `skip_keys` is not looked at and not returned. Raises PathMismatch,
        PathOutside, AmbiguousPath, PathTooLong, UndecidedPath.
        """
        if not skip_keys and type(input_path) is str:
            match = self._compiled.fullmatch(input_path)
            if match is not None:
                fields = self._compiled.fields_of(match)
                if fields is not None:
                    return fields
        text = self._text(input_path)
        found = self._readings(text, skip_keys)
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousPath(self._name, shown(text), found[0], found[1])
        raise self._mismatch(text, skip_keys)

    def validate_and_get_fields(
        self,
        path: PathLike,
        required_fields: Optional[Mapping[str, Any]] = None,
        skip_keys: Optional[Collection[str]] = None,
    ) -> Optional[Fields]:
        """The fields, or None if the path does not fit or has other values than required.

        Of several readings the one with the required values is taken. Raises AmbiguousPath for
        a path with two such readings, UndecidedPath.
        """
        if skip_keys is required_fields is None and type(path) is str:
            match = self._compiled.fullmatch(path)
            if match is not None:
                return self._compiled.fields_of(match)
            if path and path[-1] != "/" and "\\" not in path and "//" not in path:
                return None
        text = self._text(path)
        found = self._readings(text, skip_keys, required_fields)
        if len(found) > 1:
            raise AmbiguousPath(self._name, shown(text), found[0], found[1])
        return found[0] if found else None

    def validate(
        self,
        path: PathLike,
        fields: Optional[Mapping[str, Any]] = None,
        skip_keys: Optional[Collection[str]] = None,
    ) -> bool:
        """The path fits, with these values if any are given. Raises UndecidedPath."""
        try:
            return self.validate_and_get_fields(path, fields, skip_keys) is not None
        except AmbiguousPath:
            return True

    def _made(self) -> Compiled:
        parts = toolkit_definition.parse(self._name, self._definition, self._given_keys)
        return Compiled(self._name, parts)

    def _text(self, path: PathLike) -> str:
        return os.fsdecode(path)

    def _readings(
        self,
        text: str,
        skip_keys: Optional[Collection[str]],
        required: Optional[Mapping[str, Any]] = None,
    ) -> List[Fields]:
        """The different readings, two at most; what is skipped does not make them differ."""
        skipped = frozenset(skip_keys or ()).intersection(self._compiled.keys)
        wanted = {name: v for name, v in (required or {}).items() if name not in skipped}
        if not wanted.keys() <= self._compiled.keys.keys():
            return []
        if not skipped:
            found = self._compiled.readings(text, wanted)
        else:
            if skipped not in self._skipping:
                self._skipping[skipped] = without(self._compiled, skipped)
            found = self._skipping[skipped].readings(text, wanted, limit=MAX_READINGS)
        different: List[Fields] = []
        for fields in found:
            own = {name: fields[name] for name in self._compiled.keys if name in fields}
            own = {name: value for name, value in own.items() if name not in skipped}
            if own not in different and wanted.keys() <= own.keys():
                different.append(own)
        return different[:2]

    def _mismatch(self, text: str, skip_keys: Optional[Collection[str]]) -> Exception:
        skipped = frozenset(skip_keys or ()).intersection(self._compiled.keys)
        compiled = self._skipping[skipped] if skipped else self._compiled
        try:
            compiled.read(text)
        except PathMismatch as fault:
            return fault
        return PathMismatch(self._name, shown(text), 0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}: {self._definition}>"
