"""Labels as templates of a catalog, with the methods that templates of Toolkit have too."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, Optional

from pipl_pipe.errors import MissingFields, NotOnThisSystem
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.notations.partout.compile import Expression
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.document import Label
from pipl_pipe.path.parts import Key


class LabelTemplate:
    """A label, as `services.path` hands it out."""

    def __init__(self, label: Label) -> None:
        """Raises InvalidTemplate."""
        self.label = label
        self._expression = Expression.of(label.name, label.location)

    @property
    def name(self) -> str:
        return self.label.name

    @property
    def definition(self) -> str:
        """From the volume on: `P:/{{project_name}}/asset`."""
        return str(self.label.location)

    @property
    def compiled(self) -> Compiled:
        return self._expression.compiled

    @property
    def keys(self) -> Dict[str, Key]:
        """By variable; of one that stands in several lengths, the first."""
        return self._expression.keys

    @property
    def search_root(self) -> str:
        """The folder to look for paths in, with `/`. Raises NotOnThisSystem."""
        root = self.compiled.prefixes[0]
        is_posix = root.startswith("/") and not root.startswith("//")
        if not root or is_posix != (os.name != "nt"):
            raise NotOnThisSystem(self.definition)
        return root.rstrip("/")

    def by_key(self, fields: Mapping[str, Any]) -> Dict[str, Any]:
        """The values that are given, by the names of the compiled keys."""
        return self._expression.by_key(fields)

    def missing_keys(self, fields: Mapping[str, Any], skip_defaults: bool = False) -> List[str]:
        """Needed variables that are not given. None has a default."""
        return self._expression.missing(fields)

    def apply_fields(self, fields: Mapping[str, Any], platform: Optional[str] = None) -> str:
        """The path, as the system of its volume writes it, whatever the platform.

        Raises MissingFields, InvalidValue, PathTooLong.
        """
        missing = self.missing_keys(fields)
        if missing:
            raise MissingFields(self.name, tuple(missing))
        return str(DiskPath.parse(self._expression.write(fields)))

    def get_fields(self, input_path: str) -> Dict[str, str]:
        """Variable to text, without those that are left out.

        Raises PathMismatch, AmbiguousPath, PathTooLong.
        """
        found = self._expression.read(DiskPath.parse(str(input_path)).key, {})
        return {name: value for name, value in found.items() if value is not None}

    def __repr__(self) -> str:
        return f"<LabelTemplate {self.name}: {self.definition}>"
