"""What people and commands ask of a catalog, whatever notation its templates are written in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List, Mapping, Protocol, Sequence, Tuple

from pipl_pipe.errors import (
    AmbiguousPath,
    InvalidValue,
    PathError,
    PipeError,
    UnknownTemplate,
)
from pipl_pipe.path import document
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.check import Candidate
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.notation import Notation, Source
from pipl_pipe.path.search import search
from pipl_pipe.path.text import normal

PARTOUT, TOOLKIT = "partout", "toolkit"
NOTATION_OF = {".conf": PARTOUT, ".yml": TOOLKIT, ".yaml": TOOLKIT}
"""By the ending of a file's name."""
_BUILT_IN = {
    PARTOUT: "pipl_pipe.path.notations.partout.notation:partout",
    TOOLKIT: "pipl_pipe.path.notations.toolkit_file:load",
}
"""As the framework's entry points name them, for interpreters that it is not installed in."""


class Template(Protocol):
    """What the templates of every notation have."""

    @property
    def name(self) -> str: ...

    @property
    def definition(self) -> str: ...

    @property
    def compiled(self) -> Compiled: ...

    @property
    def keys(self) -> Mapping[str, Any]: ...

    @property
    def search_root(self) -> str: ...

    def by_key(self, fields: Mapping[str, Any]) -> Dict[str, Any]: ...

    def get_fields(self, input_path: str) -> Dict[str, Any]: ...

    def apply_fields(self, fields: Mapping[str, Any]) -> str: ...


@dataclass(frozen=True)
class Reading:
    """What a path means by one template."""

    template: str
    fields: Dict[str, Any]


@dataclass(frozen=True)
class Meaning:
    """What a path means by all templates: those that read it, and those that do in two ways."""

    readings: Tuple[Reading, ...]
    ambiguous: Tuple[AmbiguousPath, ...]


class Library:
    """The templates of a catalog, asked by texts as people type them."""

    def __init__(self, catalog: Catalog[Any], broken: Tuple[PipeError, ...] = ()) -> None:
        """`broken` is why other catalogs are missing; it is raised for what is not found here."""
        self._catalog = catalog
        self.broken = broken

    def names(self) -> Sequence[str]:
        """Of every template, in the order in which they are written."""
        return list(self._catalog)

    def parse(self, path: str) -> Meaning:
        """By every template that can have made the path. Raises UndecidedPath."""
        readings: List[Reading] = []
        ambiguous: List[AmbiguousPath] = []
        for template in self._catalog.of(normal(path)):
            try:
                readings.append(self.parse_with(template.name, path))
            except AmbiguousPath as fault:
                ambiguous.append(fault)
        return Meaning(tuple(readings), tuple(ambiguous))

    def parse_with(self, template: str, path: str) -> Reading:
        """Raises UnknownTemplate, PathMismatch, AmbiguousPath, PathOutside, PathTooLong."""
        return Reading(template, self._template(template).get_fields(path))

    def format(self, template: str, fields: Mapping[str, str]) -> str:
        """Raises UnknownTemplate, MissingFields, InvalidValue, PathTooLong."""
        made = self._template(template)
        return made.apply_fields(_values(made, fields))

    def find(self, template: str, fields: Mapping[str, str]) -> List[str]:
        """Paths on this machine's disks that the template makes with these values, sorted; the
        other keys have any. Raises UnknownTemplate, InvalidValue, NoRoot, NamesOnly.
        """
        made = self._template(template)
        values = _values(made, fields)
        found = search(made.compiled, made.search_root, made.by_key(values))
        return sorted({path for path in found if _is_of(made, path, values)})

    def candidates(self) -> Tuple[Candidate, ...]:
        """Every template, to be checked."""
        every = self._catalog.values()
        return tuple(Candidate(one.name, one.definition, one.compiled) for one in every)

    def _template(self, name: str) -> Template:
        if name not in self._catalog and self.broken:
            raise self.broken[0]
        if name not in self._catalog:
            raise UnknownTemplate(name, tuple(self._catalog))
        found: Template = self._catalog[name]
        return found


def open_file(path: Path, platform: str, roots: Mapping[str, str]) -> Library:
    """The templates of a file; `roots` maps root names to folders of this machine.

    Raises InvalidCatalog, NotInstalled.
    """
    return Library(catalog_of(path, platform, roots))


def catalog_of(path: Path, platform: str, roots: Mapping[str, str]) -> Catalog[Any]:
    """Raises InvalidCatalog, NotInstalled."""
    module, _, name = _BUILT_IN[notation_of(path)].partition(":")
    read: Notation = getattr(import_module(module), name)
    return read([source_of(path, platform, roots)], platform)


def source_of(path: Path, platform: str, roots: Mapping[str, str]) -> Source:
    """Raises InvalidCatalog, NotInstalled."""
    by_platform = {name: {platform: folder} for name, folder in roots.items()}
    return Source(str(path), document.read(path), path.absolute(), by_platform)


def notation_of(path: Path) -> str:
    """Toolkit's for a file whose name does not tell."""
    return NOTATION_OF.get(path.suffix, TOOLKIT)


def _values(template: Template, fields: Mapping[str, str]) -> Dict[str, Any]:
    """Values as their keys have them. Raises InvalidValue, also for what is no key."""
    values: Dict[str, Any] = {}
    for name, text in fields.items():
        key = template.keys.get(name)
        if key is None:
            known = ", ".join(template.keys) or "none"
            raise InvalidValue(name, repr(text), f"{template.name} has no such key; it has {known}")
        values[name] = text
        try:
            key.write(text)
        except InvalidValue as fault:
            try:
                values[name] = key.read(text)
            except InvalidValue:
                raise fault from None
    return values


def _is_of(template: Template, path: str, values: Mapping[str, Any]) -> bool:
    """Whether the template makes the path, and with these values."""
    try:
        found = template.get_fields(path)
        return not values or template.apply_fields({**found, **values}) == template.apply_fields(
            found
        )
    except PathError:
        return False
